package vault

import (
	"testing"

	"pgregory.net/rapid"
)

// The short way and the long way must lead to the same id.
func TestNorthAmericanNumbersAreNormalised(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`\+1[0-9]{10}`).Draw(t, "number")
		if !isNorthAmerican(text) {
			return
		}
		if got, err := normalisePhone(text, "DE"); err != nil || got != text {
			t.Fatalf("%s is normalised to %s, %v", text, got, err)
		}
	})
	for _, text := range []string{"+1", "+10125550100", "+11125550100", "+1212555010", "+121255501000", "+1212555o100", "+441234567890", "12125550100x"} {
		if isNorthAmerican(text) {
			t.Errorf("%s counts as normalised", text)
		}
	}
}
