package boot

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"testing"
)

func get(t *testing.T, url string) (int, string) {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// TestMountDrains stops a role while a request runs: the request ends well, new ones hear 503, and only then does the
// role end.
func TestMountDrains(t *testing.T) {
	web, err := Listen(t.Context(), "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	serving := make(chan struct{})
	go func() { _ = web.Role().Run(t.Context(), func() { close(serving) }) }() // ends with the listener
	<-serving
	entered, leave := make(chan struct{}), make(chan struct{})
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(entered)
			<-leave
		}
		_, _ = io.WriteString(w, "done")
	})
	ctx, stop := context.WithCancel(t.Context())
	mounted, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- web.For(func() { close(mounted) }).Serve(ctx, h, "/slow", "/fast") }()
	<-mounted
	if status, _ := get(t, web.URL()+"/fast"); status != http.StatusOK {
		t.Errorf("while it runs: %d", status)
	}
	slow := make(chan string, 1)
	go func() {
		_, body := get(t, web.URL()+"/slow")
		slow <- body
	}()
	<-entered
	stop()
	for status := 0; status != http.StatusServiceUnavailable; { // the gate closes a moment after ctx is done
		status, _ = get(t, web.URL()+"/fast")
	}
	select {
	case err := <-ended:
		t.Errorf("the role ended before its request: %v", err)
	default:
	}
	close(leave)
	if body := <-slow; body != "done" {
		t.Errorf("the running request got %q", body)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := web.Close(); err != nil {
		t.Error(err)
	}
}

func TestAddressInUse(t *testing.T) {
	web, err := Listen(t.Context(), "127.0.0.1:0", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = web.Close() }()
	if _, err := Listen(t.Context(), web.listener.Addr().String(), slog.New(slog.DiscardHandler)); err == nil {
		t.Error("two listeners on one address")
	}
}
