package natsd

import "testing"

// Without it the server acknowledges at once and syncs every two minutes.
func TestEveryWriteIsSynced(t *testing.T) {
	srv, err := Start(t.Context(), Config{StoreDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	cfg := srv.nats.JetStreamConfig()
	if !cfg.SyncAlways {
		t.Error("the server does not sync every write")
	}
	t.Logf("streams may take %d bytes", cfg.MaxStore)
}
