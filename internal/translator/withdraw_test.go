package translator_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/deliveries"
)

// What a provider takes back is voided, and stands again when it is told once more.
func TestWithdrawals(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.run()
	back := strings.Replace(call("1", 1), `"call"`, `"call","back":true`, 1)
	for i, c := range []struct {
		body, want string
		stands     []string
	}{
		{back, "translated", nil},
		{call("1", 1), "translated call.completed appended", []string{"call.completed 1 ann"}},
		{back, "translated call.completed voided", nil},
		{back, "translated", nil},
		{call("1", 1), "translated call.completed amended", []string{"call.completed 1 ann"}},
		{back, "translated call.completed voided", nil},
	} {
		at := h.post("c_one", c.body)
		if got := h.outcome(at); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
		if diff := cmp.Diff(c.stands, h.stands()); diff != "" {
			t.Errorf("%d: %s", i, diff)
		}
	}
	if r := h.replay(deliveries.Replay{From: 3, UpTo: 4}); r.Changed != 0 {
		t.Errorf("a replay of what was taken back: %s", fmt.Sprintf("%+v", r))
	}
}
