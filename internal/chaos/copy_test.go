package chaos

import (
	"os/exec"
	"path/filepath"
	"testing"
)

// copyLive copies the ledger and the keys of a data folder while the server writes, and starts a server on the copy: all
// that was acknowledged before the copy began stands in it. The read models are not copied: they are folded anew.
func copyLive(t *testing.T) result {
	t.Helper()
	h := newHouse(t)
	h.keep = true // a void after the list was taken might stand in the copy
	h.healthy()
	stop := h.load("l")
	h.more(3000)
	before := h.acknowledged()
	other := t.TempDir()
	for _, part := range []string{"nats", "master.key", "admin.key"} {
		if out, err := exec.Command("cp", "-a", filepath.Join(h.data, part), other).CombinedOutput(); err != nil {
			t.Fatalf("copy %s: %v %s", part, err, out)
		}
	}
	stop()
	h.server.kill()
	address := freeAddress(t)
	restored := &house{newClient(t, address, other), []string{envData + "=" + other, envListen + "=" + address}, nil}
	restored.copied = true
	restored.healthy()
	defer restored.server.kill()
	return restored.recount("ledger copied while live, started from the copy", 1, before)
}
