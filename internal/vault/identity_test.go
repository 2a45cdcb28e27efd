package vault_test

import (
	"errors"
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"milemarker/internal/vault"
)

func TestNormalise(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ kind, text, region, want string }{
		{vault.KindPhone, "+12125550100", "", "+12125550100"},
		{vault.KindPhone, " +1 (212) 555-0100 ", "", "+12125550100"},
		{vault.KindPhone, "+1.212.555.0100", "", "+12125550100"},
		{vault.KindPhone, "(212) 555-0100", "US", "+12125550100"},
		{vault.KindPhone, "0171 555 0100", "DE", "+491715550100"},
		{vault.KindPhone, "+44 (0)20 7946 0000", "", "+442079460000"},
		{vault.KindEmail, "  Kim@Example.COM ", "", "kim@example.com"},
		{vault.KindEmail, "kim+crm@example.com", "", "kim+crm@example.com"},
		{vault.KindExternal, " Lead-17 ", "", "Lead-17"},
	} {
		got, err := vault.Normalise(tc.kind, tc.text, tc.region)
		if err != nil || got != tc.want {
			t.Errorf("Normalise(%s, %q, %q) = %q, %v, want %q", tc.kind, tc.text, tc.region, got, err, tc.want)
		}
	}
	for _, tc := range []struct{ kind, text, region string }{
		{vault.KindPhone, "(212) 555-0100", ""},
		{vault.KindPhone, "+1", ""},
		{vault.KindPhone, "call me", "US"},
		{vault.KindPhone, "", "US"},
		{vault.KindEmail, "lee", ""},
		{vault.KindEmail, "@example.org", ""},
		{vault.KindEmail, "lee@", ""},
		{vault.KindEmail, "lee@a@b", ""},
		{vault.KindEmail, "Kim <kim@example.com>", ""},
		{vault.KindExternal, " \t", ""},
		{vault.KindExternal, strings.Repeat("x", 321), ""},
		{"fax", "+12125550100", ""},
	} {
		got, err := vault.Normalise(tc.kind, tc.text, tc.region)
		var bad *vault.IdentityError
		if !errors.As(err, &bad) || !errors.Is(err, fs.ErrInvalid) {
			t.Errorf("Normalise(%s, %q, %q) = %q, %v, want an IdentityError", tc.kind, tc.text, tc.region, got, err)
			continue
		}
		if text := strings.TrimSpace(tc.text); len(text) > 2 && strings.Contains(bad.Detail, text) {
			t.Errorf("the error repeats %q", text)
		}
	}
}

func TestProspectID(t *testing.T) {
	t.Parallel()
	keys, erasures := newStore(), newStore()
	v, w := open(t, keys, erasures), open(t, keys, erasures)
	id := func(v *vault.Vault, org, kind, text string) string {
		t.Helper()
		id, err := v.ProspectID(t.Context(), org, kind, text)
		if err != nil {
			t.Fatal(err)
		}
		if !regexp.MustCompile(`^p_[0-9a-v]{26}$`).MatchString(id) {
			t.Errorf("id %q", id)
		}
		return id
	}
	phone := id(v, "acme", vault.KindPhone, "+1 212 555 0100")
	if again := id(v, "acme", vault.KindPhone, "+12125550100"); again != phone {
		t.Error("the same phone, written otherwise, gave another id")
	}
	if again := id(w, "acme", vault.KindPhone, "+12125550100"); again != phone {
		t.Error("another process gave another id")
	}
	if id(v, "zeta", vault.KindPhone, "+12125550100") == phone {
		t.Error("another org gave the same id")
	}
	if id(v, "acme", vault.KindExternal, "+12125550100") == phone {
		t.Error("another kind gave the same id")
	}
	if id(open(t, newStore(), newStore()), "acme", vault.KindPhone, "+12125550100") == phone {
		t.Error("another pepper gave the same id")
	}
}

func TestDigest(t *testing.T) {
	t.Parallel()
	v := open(t, newStore(), newStore())
	digest := func(org, canonical string) string {
		t.Helper()
		d, err := v.Digest(t.Context(), org, []byte(canonical))
		if err != nil {
			t.Fatal(err)
		}
		if len(d) != 32 {
			t.Errorf("digest %q", d)
		}
		return d
	}
	if first, second := digest("acme", "{}"), digest("acme", "{}"); first != second {
		t.Error("digests of the same content differ")
	}
	if digest("acme", "{}") == digest("acme", "{ }") || digest("acme", "{}") == digest("zeta", "{}") {
		t.Error("digests of other content or of another org are equal")
	}
}

func FuzzNormalise(f *testing.F) {
	f.Add(vault.KindPhone, "+1 212 555 0100", "US")
	f.Add(vault.KindEmail, "Kim@example.com", "")
	f.Add(vault.KindExternal, " 17 ", "")
	f.Fuzz(func(t *testing.T, kind, text, region string) {
		once, err := vault.Normalise(kind, text, region)
		if err != nil {
			return
		}
		twice, err := vault.Normalise(kind, once, region)
		if err != nil || twice != once {
			t.Errorf("Normalise(%s, %q, %q) = %q, and of that %q, %v", kind, text, region, once, twice, err)
		}
	})
}

func BenchmarkProspectID(b *testing.B) {
	v := open(b, newStore(), newStore())
	for _, text := range []string{"+12125550100", "+1 212 555 0100", "+49 171 5550100"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := v.ProspectID(b.Context(), "acme", vault.KindPhone, text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
