package wire_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/events"
	"milemarker/internal/providers/wire"
)

func TestPhones(t *testing.T) {
	for _, c := range []struct{ text, region, want string }{
		{"+1 202-555-0143", "", "+12025550143"},
		{"+1 (202) 555-0143", "DE", "+12025550143"},
		{"2025550143", "US", "+12025550143"},
		{"(202) 555-0143 ext. 12", "US", "+12025550143"},
		{"tel:+12025550143", "", "+12025550143"},
		{"0171 5550100", "DE", "+491715550100"},
		{"2025550143", "", ""},
		{"12025550143", "", ""},
		{"anonymous", "US", ""},
		{"anonymous", "DE", ""}, // a library that knows letters on keys would dial it
		{"Restricted", "DE", ""},
		{"+266696687", "", ""},
		{"555-555-SHIP", "US", ""},
		{"call me maybe", "US", ""},
		{"+", "US", ""},
		{"", "US", ""},
		{strings.Repeat("1", 60), "US", ""},
	} {
		if got := wire.Phone(c.text, c.region); got != c.want {
			t.Errorf("%q in %q is %q, want %q", c.text, c.region, got, c.want)
		}
	}
	for text, want := range map[string]string{
		"12025550143": "+12025550143", "+12025550143": "+12025550143", "447700900123": "+447700900123", "2025550143": "+12025550143", "anonymous": "", "": "",
	} {
		if got := wire.International(text, "US"); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestEmails(t *testing.T) {
	for _, text := range []string{"a@b", "avery.quinn+x@example.com", " avery@example.com ", "é@example.com"} {
		if got := wire.Email(text); got != strings.TrimSpace(text) {
			t.Errorf("%q is %q", text, got)
		}
	}
	for _, text := range []string{"", "avery", "@b", "a@", "a b@c", "a@b@c", "Avery <a@b>", "a@b,c@d", "a@b\n", "a\x00@b", strings.Repeat("a", 255) + "@b"} {
		if got := wire.Email(text); got != "" && got != strings.TrimSpace(text) {
			t.Errorf("%q is %q", text, got)
		}
	}
}

func TestTexts(t *testing.T) {
	for _, c := range []struct{ name, got, want string }{
		{"a line", wire.Line(" a\r\n\tb\x00c  ", 10), "a b c"},
		{"a long line", wire.Line(strings.Repeat("é", 300), 200), strings.Repeat("é", 200)},
		{"not UTF-8", wire.Line("a\xffb", 10), "ab"},
		{"a name", wire.Name("", "Avery ", "Quinn"), "Avery Quinn"},
		{"a label", wire.Label("fall-launch"), "fall-launch"},
		{"an address as a label", wire.Label("avery@example.com"), ""},
		{"a number as a label", wire.Label("+1 (202) 555-0143"), ""},
		{"an id as a label", wire.Label("120210000001"), "120210000001"},
		{"a note", wire.Note(" a\x00 ", "", "b\nc"), "a\nb\nc"},
		{"an external id", wire.External("acme", " 12 "), "acme:12"},
		{"no external id", wire.External("acme", " "), ""},
		{"a kind", wire.Kind(" "), "unknown"},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

func TestContact(t *testing.T) {
	got := wire.Contact{Name: "Avery\nQuinn", Phone: "withheld", Email: "avery at home", ExternalID: "acme:1", Note: "hello"}.Read("US")
	want := events.Contact{
		Person: &events.Person{Name: "Avery Quinn", ExternalID: "acme:1"},
		Note:   "hello\nphone: withheld\ne-mail: avery at home",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what cannot be read belongs into the note (-want +got):\n%s", diff)
	}
	if got := (wire.Contact{}).Read("US"); got != (events.Contact{}) {
		t.Errorf("of nobody nothing is known, not %+v", got)
	}
}
