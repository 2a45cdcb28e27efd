package assembly

import (
	"bytes"
	"context"
	"fmt"
	"testing"
	"time"

	"milemarker/internal/connections"
	"milemarker/internal/embedded/natsd"
	"milemarker/internal/ledger"
	"milemarker/internal/mapping"
)

// openWrapper is a wrapper that hides nothing.
type openWrapper struct{}

func (openWrapper) Wrap(_ string, secret []byte) ([]byte, error) { return bytes.Clone(secret), nil }

func (openWrapper) Unwrap(_ string, secret []byte) ([]byte, error) { return bytes.Clone(secret), nil }

// A connection that names a stored mapping is translated by its last version, in every process, from the moment that it is
// stored.
func TestConnectionsGoByStoredMappings(t *testing.T) {
	server, err := natsd.Start(t.Context(), natsd.Config{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Stop)
	l, err := ledger.Open(context.Background(), ledger.Config{Options: server.ClientOptions()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	bucket, err := l.Bucket(t.Context(), "connections")
	if err != nil {
		t.Fatal(err)
	}
	conns, err := connections.Open(t.Context(), bucket, openWrapper{}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	here, err := openMappings(t.Context(), l, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	there, err := openMappings(t.Context(), l, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	add := func(org, setting string) string {
		t.Helper()
		one, err := conns.Add(t.Context(), "https://hooks.example", connections.Connection{
			Org: org, Provider: "plain", Settings: map[string]string{"mapping": setting, "other": "x"},
		}, "")
		if err != nil {
			t.Fatal(err)
		}
		return one.ID
	}
	document := func(n int) string {
		return fmt.Sprintf("version: 1\nevents: [{type: lead.captured, id: '{id}-%d', data: {}}]\n", n)
	}
	named, foreign, inline := add("acme", "deals"), add("other", "deals"), add("acme", document(7))
	seen := mappedConnections{conns, here}
	of := func(id string) string {
		one, ok := seen.Get(id)
		if !ok || one.Settings["other"] != "x" {
			t.Errorf("%+v", one)
		}
		return one.Settings[mapping.SettingName]
	}
	if got := of(named); got != "deals" {
		t.Errorf("%q before it is stored", got)
	}
	for n := range 2 {
		if _, _, err := here.Put(t.Context(), "acme", "deals", "k", []byte(document(n))); err != nil {
			t.Fatal(err)
		}
		if got := of(named); got != document(n) {
			t.Errorf("%q, want version %d", got, n+1)
		}
	}
	if of(foreign) != "deals" || of(inline) != document(7) {
		t.Errorf("%q, %q", of(foreign), of(inline))
	}
	if one, _ := conns.Get(named); one.Settings["mapping"] != "deals" {
		t.Errorf("the connection itself is changed: %q", one.Settings)
	}
	for deadline := time.Now().Add(20 * time.Second); len(there.Versions("acme", "deals")) < 2; {
		if time.Now().After(deadline) {
			t.Fatal("another process never hears of it")
		}
	}
	if err := here.Delete(t.Context(), "acme", "deals", "k"); err != nil || of(named) != "deals" {
		t.Errorf("%v, %q after it was deleted", err, of(named))
	}
}
