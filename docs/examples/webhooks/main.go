// Command webhooks connects every provider to a running server, delivers each fixture of internal/providers as its provider
// would, signed, and prints what it became:
//
//	make run                              # in one terminal
//	go run ./docs/examples/webhooks       # in another
//
// The connections that it makes are named "example"; --clean deletes those of former runs first.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	data := flag.String("data", "data", "data folder of the server: gives its address and admin key")
	server := flag.String("server", "", "address of the server; by default the one that runs on the data folder")
	key := flag.String("key", "", "API key with the scope admin; by default the one in the data folder")
	root := flag.String("root", ".", "folder of the source: fixtures are read from its internal/providers")
	clean := flag.Bool("clean", false, "delete the connections of former runs first")
	flag.Parse()
	p := program{server: *server, key: *key, root: *root, connections: map[string]connection{}}
	if err := p.run(ctx, *data, *clean); err != nil {
		fmt.Fprintln(os.Stderr, "webhooks:", err)
		stop()
		os.Exit(1)
	}
}

type program struct {
	server, key, root string
	connections       map[string]connection // by provider
}

// connection is what the server says of one it made.
type connection struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	URL    string `json:"url"`
	secret string
}

// delivery is what the server says of one.
type delivery struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Kind   string `json:"kind"`
	Why    string `json:"why"`
	Events []struct {
		Type    string `json:"type"`
		Outcome string `json:"outcome"`
	} `json:"events"`
}

func (p *program) run(ctx context.Context, data string, clean bool) error {
	if err := p.find(data); err != nil {
		return err
	}
	if clean {
		if err := p.clean(ctx); err != nil {
			return err
		}
	}
	signer, err := newSigner()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "PROVIDER\tFIXTURE\tSTATUS\tEVENTS") // Flush tells what goes wrong
	failed := 0
	for _, c := range cases() {
		became, err := p.deliver(ctx, signer, c)
		if err != nil {
			failed++
			became = delivery{Status: "refused", Why: err.Error()}
		} else if became.Status == "failed" {
			failed++
		}
		var events []string
		for _, e := range became.Events {
			events = append(events, e.Type+" ("+e.Outcome+")")
		}
		if became.Why != "" {
			events = append(events, became.Why)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", c.provider, c.file, became.Status, strings.Join(events, ", "))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d deliveries failed", failed)
	}
	return nil
}

// find reads what the data folder says.
func (p *program) find(data string) error {
	for file, value := range map[string]*string{"address": &p.server, "admin.key": &p.key} {
		if *value != "" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(data, file))
		if err != nil {
			return err
		}
		*value = strings.TrimSpace(string(b))
	}
	return nil
}

// connect makes the connection of a provider, once.
func (p *program) connect(ctx context.Context, s *signer, c fixture) (connection, error) {
	if one, ok := p.connections[c.provider]; ok {
		return one, nil
	}
	one := connection{secret: c.secret}
	if c.provider == "paypal" {
		one.secret += "\n" + s.certificate
	}
	in := map[string]any{
		"provider": c.provider, "name": "example", "public_url": p.server, "region": "US", "secret": one.secret, "settings": c.settings,
	}
	if err := p.call(ctx, "POST", "/v1/connections", in, &one); err != nil {
		return one, err
	}
	p.connections[c.provider] = one
	return one, nil
}

// deliver sends a fixture as its provider would, and waits until it was translated.
func (p *program) deliver(ctx context.Context, s *signer, c fixture) (d delivery, err error) {
	one, err := p.connect(ctx, s, c)
	if err != nil {
		return d, err
	}
	body, err := os.ReadFile(filepath.Join(p.root, "internal", "providers", c.provider, "testdata", c.file))
	if err != nil {
		return d, err
	}
	r := &request{url: one.URL + c.query, header: http.Header{}, body: body, secret: c.secret, now: time.Now()}
	r.header.Set("Content-Type", c.mediaType())
	for name, value := range c.header {
		r.header.Set(name, value)
	}
	c.sign(s, r)
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, r.url, bytes.NewReader(r.body))
	if err != nil {
		return d, err
	}
	req.Header = r.header
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return d, err
	}
	answer, err := io.ReadAll(res.Body)
	_ = res.Body.Close() // read to its end
	if err != nil {
		return d, err
	}
	if res.StatusCode/100 != 2 {
		return d, fmt.Errorf("%s: %s", res.Status, answer)
	}
	id := res.Header.Get("Milemarker-Delivery")
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if err := p.call(ctx, "GET", "/v1/webhooks/deliveries/"+id, nil, &d); err != nil || d.Status != "arrived" {
			return d, err
		}
		if time.Now().After(deadline) {
			return d, fmt.Errorf("delivery %s was not translated within 30 s", id)
		}
	}
}

// clean deletes the connections that former runs made.
func (p *program) clean(ctx context.Context) error {
	var answer struct{ Connections []connection }
	if err := p.call(ctx, "GET", "/v1/connections", nil, &answer); err != nil {
		return err
	}
	for _, one := range answer.Connections {
		if one.Name != "example" {
			continue
		}
		if err := p.call(ctx, "DELETE", "/v1/connections/"+one.ID, nil, nil); err != nil {
			return err
		}
	}
	return nil
}

// call asks the server.
func (p *program) call(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, p.server+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+p.key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	answer, err := io.ReadAll(res.Body)
	_ = res.Body.Close() // read to its end
	switch {
	case err != nil:
		return err
	case res.StatusCode >= 400:
		return fmt.Errorf("%s %s: %s", method, path, answer)
	case out == nil:
		return nil
	}
	return json.Unmarshal(answer, out)
}
