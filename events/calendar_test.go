package events

import (
	"strings"
	"testing"
)

func TestDayoffHasAnEnd(t *testing.T) {
	for to, want := range map[string]string{
		"2034-03-28": "",
		"2034-03-29": "not after 2034-03-28",
		"2148-12-31": "not after 2034-03-28",
	} {
		draft := Draft{
			ID: "off", Source: "told", Type: TypeDayoffSet,
			Data: []byte(`{"owner_kind":"rep","owner":"kim","dayoff":"a","starts_on":"2024-03-20","ends_on":"` + to + `"}`),
		}
		_, found := draft.Check()
		switch {
		case want == "" && len(found) > 0:
			t.Errorf("%s: %v", to, found)
		case want != "" && (len(found) != 1 || !strings.HasSuffix(found[0].Pointer, "/ends_on") || !strings.Contains(found[0].Detail, want)):
			t.Errorf("%s: %v", to, found)
		}
	}
}
