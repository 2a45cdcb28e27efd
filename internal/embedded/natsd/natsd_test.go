package natsd_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"

	"milemarker/internal/embedded/natsd"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		os.Exit(child(os.Getenv(childDoes), dir))
	}
	goleak.VerifyTestMain(m)
}

func start(t *testing.T, cfg natsd.Config) *natsd.Server {
	t.Helper()
	srv, err := natsd.Start(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(srv.Stop)
	return srv
}

func connect(t *testing.T, url string, opts ...nats.Option) jetstream.JetStream {
	t.Helper()
	nc, err := nats.Connect(url, opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestInProcessStreamSurvivesRestart(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "not", "yet", "there")
	srv := start(t, natsd.Config{StoreDir: dir})
	js := connect(t, "", srv.ClientOptions()...)
	if _, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "S", Subjects: []string{"s"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(t.Context(), "s", []byte("kept")); err != nil {
		t.Fatal(err)
	}
	js.Conn().Close()
	srv.Stop()
	srv.Stop() // twice is harmless

	srv = start(t, natsd.Config{StoreDir: dir})
	js = connect(t, "", nats.InProcessServer(srv.InProcess()))
	stream, err := js.Stream(t.Context(), "S")
	if err != nil {
		t.Fatal(err)
	}
	msg, err := stream.GetMsg(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if string(msg.Data) != "kept" {
		t.Errorf("message is %q", msg.Data)
	}
}

func TestListenerAsksForTheToken(t *testing.T) {
	if _, err := natsd.Start(t.Context(), natsd.Config{StoreDir: t.TempDir(), Port: -1}); err == nil {
		t.Fatal("a listener without a token was started")
	}
	srv := start(t, natsd.Config{StoreDir: t.TempDir(), Port: -1, Token: "let me in"})
	for _, opts := range [][]nats.Option{nil, {nats.Token("wrong")}} {
		nc, err := nats.Connect(srv.ClientURL(), opts...)
		if !errors.Is(err, nats.ErrAuthorization) {
			t.Errorf("connect: %v, want %v", err, nats.ErrAuthorization)
		}
		nc.Close()
	}
	connect(t, srv.ClientURL(), nats.Token("let me in"))
	connect(t, "", srv.ClientOptions()...)
}

func TestStartErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	taken := start(t, natsd.Config{StoreDir: t.TempDir(), Port: -1, Token: "x"})
	var port int
	if _, err := fmt.Sscanf(taken.ClientURL(), "nats://127.0.0.1:%d", &port); err != nil {
		t.Fatal(err)
	}
	for name, cfg := range map[string]natsd.Config{
		"no folder":  {},
		"not a dir":  {StoreDir: file},
		"port taken": {StoreDir: t.TempDir(), Port: port, Token: "x"},
	} {
		if srv, err := natsd.Start(t.Context(), cfg); err == nil {
			srv.Stop()
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := natsd.Start(over, natsd.Config{StoreDir: t.TempDir()}); !errors.Is(err, context.Canceled) {
		t.Errorf("start: %v, want %v", err, context.Canceled)
	}
}
