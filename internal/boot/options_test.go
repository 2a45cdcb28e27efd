package boot

import (
	"slices"
	"strings"
	"testing"
)

func TestPartitions(t *testing.T) {
	for text, want := range map[string][]int{
		"": nil, "3": {3}, "0-2": {0, 1, 2}, "0-1, 14": {0, 1, 14},
	} {
		var p Partitions
		if err := p.UnmarshalText([]byte(text)); err != nil || !slices.Equal(p.Only, want) || p.Auto {
			t.Errorf("%q: %v %v, want %v", text, p, err, want)
		}
	}
	var p Partitions
	if err := p.UnmarshalText([]byte("auto")); err != nil || !p.Auto || p.Only != nil {
		t.Errorf("auto: %+v, %v", p, err)
	}
	for _, text := range []string{"x", "3-1", "-1", "1-", "0-99999999"} {
		var p Partitions
		if err := p.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q: %v, want an error", text, p)
		}
	}
}

// TestVariablesAreDocumented holds that every option can be set by a variable that says what it is for.
func TestVariablesAreDocumented(t *testing.T) {
	roles := map[string]int{}
	for _, v := range Variables() {
		roles[v.Role]++
		if v.Doc == "" || strings.ToUpper(v.Name) != v.Name {
			t.Errorf("%+v", v)
		}
	}
	if len(roles) != 3 {
		t.Errorf("roles = %v, want three", roles)
	}
}
