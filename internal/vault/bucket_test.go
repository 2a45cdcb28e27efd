package vault_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
	"milemarker/internal/vault"
)

// buckets returns real stores that vaults of the test share.
func buckets(tb testing.TB) (keys, erasures *ledger.Bucket) {
	tb.Helper()
	server, err := natsd.Start(context.Background(), natsd.Config{StoreDir: tb.TempDir()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(server.Stop)
	l, err := ledger.Open(context.Background(), ledger.Config{Options: server.ClientOptions()})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = l.Close() })
	for name, b := range map[string]**ledger.Bucket{"vault": &keys, "erasures": &erasures} {
		if *b, err = l.Bucket(context.Background(), name); err != nil {
			tb.Fatal(err)
		}
	}
	return keys, erasures
}

func TestOverRealBuckets(t *testing.T) {
	t.Parallel()
	keys, erasures := buckets(t)
	vaults := make([]*vault.Vault, 3)
	for i := range vaults {
		var err error
		if vaults[i], err = vault.Open(t.Context(), keys, erasures, masterA, vault.Config{}); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := vault.Open(t.Context(), keys, erasures, masterB, vault.Config{}); !errors.Is(err, vault.ErrWrongMasterKey) {
		t.Errorf("another master key: %v", err)
	}

	// All make the same keys at the same time and agree on them.
	owners := make([]string, 200)
	for i := range owners {
		owners[i] = fmt.Sprintf("p_%026d", i)
	}
	ids := make([]string, len(vaults))
	var wg sync.WaitGroup
	for i, v := range vaults {
		wg.Go(func() {
			if err := v.Prepare(t.Context(), "acme", owners); err != nil {
				t.Error(err)
			}
			var err error
			if ids[i], err = v.ProspectID(t.Context(), "acme", vault.KindEmail, "kim@example.com"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if ids[0] != ids[1] || ids[1] != ids[2] {
		t.Errorf("prospect ids differ: %v", ids)
	}
	for i, owner := range owners {
		sealed := seal(t, vaults[i%3], "acme", owner, "e", owner)
		if got, err := vaults[(i+1)%3].Open(t.Context(), "acme", owner, "e", sealed); err != nil || string(got) != owner {
			t.Fatalf("%s: %q, %v", owner, got, err)
		}
	}

	// An erasure reaches the others, which have the key in memory.
	sealed := seal(t, vaults[0], "acme", owners[0], "e", "x")
	for _, v := range vaults {
		if _, err := v.Open(t.Context(), "acme", owners[0], "e", sealed); err != nil {
			t.Fatal(err)
		}
	}
	if err := vaults[0].Erase(t.Context(), "acme", owners[0]); err != nil {
		t.Fatal(err)
	}
	for i, v := range vaults {
		_, err := v.Open(t.Context(), "acme", owners[0], "e", sealed)
		for deadline := time.Now().Add(10 * time.Second); i > 0 && err == nil && time.Now().Before(deadline); {
			_, err = v.Open(t.Context(), "acme", owners[0], "e", sealed)
		}
		if !errors.Is(err, vault.ErrErased) {
			t.Errorf("vault %d: %v, want ErrErased", i, err)
		}
	}
	current, err := vaults[1].Current(t.Context(), "acme", owners[0])
	if err != nil {
		t.Fatal(err)
	}
	fresh := seal(t, vaults[1], "acme", current, "e2", "y")
	if got, err := vaults[2].Open(t.Context(), "acme", current, "e2", fresh); err != nil || string(got) != "y" || current == owners[0] {
		t.Errorf("%s goes on as %s: %q, %v", owners[0], current, got, err)
	}
}

// BenchmarkPrepare measures newcomers: data keys made durable.
func BenchmarkPrepare(b *testing.B) {
	keys, erasures := buckets(b)
	v, err := vault.Open(b.Context(), keys, erasures, masterA, vault.Config{})
	if err != nil {
		b.Fatal(err)
	}
	const batch = 500
	n := 0
	for b.Loop() {
		owners := make([]string, batch)
		for i := range owners {
			owners[i] = fmt.Sprintf("p_%026d", n)
			n++
		}
		if err := v.Prepare(b.Context(), "acme", owners); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "keys/s")
}
