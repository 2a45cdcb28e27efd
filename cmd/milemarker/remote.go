package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
)

// remote is a running server as the operator's commands reach it.
type remote struct {
	Data   string `default:"data" type:"path" env:"MILEMARKER_DATA" help:"Data folder of the server on this machine: gives its address and admin key."`
	Server string `env:"MILEMARKER_SERVER" help:"Address of the server, such as http://127.0.0.1:8080; by default the one that runs on the data folder."`
	Key    string `env:"MILEMARKER_KEY" help:"API key; by default the admin key in the data folder."`
}

// resolve fills in what the data folder says.
func (r *remote) resolve() error {
	if r.Server == "" {
		b, err := os.ReadFile(filepath.Join(r.Data, addressFile))
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("no server has run on %s: start one with 'milemarker serve', or name one with --server", r.Data)
		} else if err != nil {
			return fmt.Errorf("address of the server: %w", err)
		}
		r.Server = strings.TrimSpace(string(b))
	}
	r.Server = strings.TrimSuffix(r.Server, "/")
	if !strings.Contains(r.Server, "://") {
		r.Server = "http://" + r.Server
	}
	if r.Key == "" {
		key, err := adminToken(r.Data)
		if err != nil {
			return fmt.Errorf("admin key of the data folder (give another key with --key or MILEMARKER_KEY): %w", err)
		}
		r.Key = key
	}
	return nil
}

// call sends a request with an optional JSON body and reads a JSON answer into out, if out is not nil. A problem
// document comes back as an error that says what it says.
func (r *remote) call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		b, err := json.Marshal(in)
		if err != nil {
			return err
		}
		body = bytes.NewReader(b)
	}
	req, err := http.NewRequestWithContext(ctx, method, r.Server+path, body)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+r.Key)
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("%w (is the server running?)", err)
	}
	defer func() { _ = res.Body.Close() }() // read to its end
	answer, err := io.ReadAll(res.Body)
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		return refusal(answer, fmt.Sprintf("%s %s: %s", method, path, res.Status))
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(answer, out)
}

// refusal turns a problem document into an error with all that it says, or what else is known if it is none.
func refusal(answer []byte, otherwise string) error {
	var p struct {
		Title, Detail, Mend string
		Errors              []struct{ Pointer, Parameter, Detail string }
	}
	if json.Unmarshal(answer, &p) != nil || p.Title == "" {
		return errors.New(otherwise)
	}
	lines := []string{cmp.Or(p.Detail, p.Title)}
	for _, e := range p.Errors {
		lines = append(lines, strings.TrimPrefix(e.Pointer+e.Parameter, "/")+" "+e.Detail)
	}
	if p.Mend != "" {
		lines = append(lines, p.Mend)
	}
	return errors.New(strings.Join(lines, "\n  "))
}
