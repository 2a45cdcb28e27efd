package main

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

// keysCmd manages API keys of a running server.
type keysCmd struct {
	Add    keysAddCmd    `cmd:"" help:"Make a key and print it; it is shown this once."`
	List   keysListCmd   `cmd:"" help:"List the keys."`
	Revoke keysRevokeCmd `cmd:"" help:"Revoke a key; it stops working at once."`
}

// apiKey is a key as /v1/keys speaks of it.
type apiKey struct {
	ID      string     `json:"id"`
	Org     string     `json:"org"`
	Name    string     `json:"name"`
	Scopes  []string   `json:"scopes"`
	Created time.Time  `json:"created"`
	Revoked *time.Time `json:"revoked,omitempty"`
	Token   string     `json:"token,omitempty"` // only in the answer that made it
}

type keysAddCmd struct {
	remote
	Name   string   `arg:"" help:"What the key is for, such as 'aircall'."`
	Scopes []string `default:"ingest" help:"What it allows: ingest, read, people, admin."`
	Org    string   `help:"Org of the key; by default the org of the key that makes it. A new name makes a new org."`
}

// Run makes the key.
func (c *keysAddCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	in := struct {
		Name   string   `json:"name"`
		Scopes []string `json:"scopes"`
		Org    string   `json:"org,omitempty"`
	}{c.Name, c.Scopes, c.Org}
	var made apiKey
	if err := c.call(ctx, "POST", "/v1/keys", in, &made); err != nil {
		return err
	}
	fmt.Println(made.Token)
	return nil
}

type keysListCmd struct{ remote }

// Run lists the keys.
func (c *keysListCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	var answer struct {
		Keys []apiKey `json:"keys"`
	}
	if err := c.call(ctx, "GET", "/v1/keys", nil, &answer); err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tORG\tNAME\tSCOPES\tCREATED\tREVOKED")
	for _, k := range answer.Keys {
		revoked := ""
		if k.Revoked != nil {
			revoked = k.Revoked.Format(time.DateTime)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n",
			k.ID, k.Org, k.Name, strings.Join(k.Scopes, ","), k.Created.Format(time.DateTime), revoked)
	}
	return w.Flush() // tells of all writes
}

type keysRevokeCmd struct {
	remote
	ID string `arg:"" help:"Id of the key, as listed."`
}

// Run revokes the key.
func (c *keysRevokeCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	if err := c.call(ctx, "DELETE", "/v1/keys/"+url.PathEscape(c.ID), nil, nil); err != nil {
		return err
	}
	fmt.Println("revoked", c.ID)
	return nil
}

// loginCmd makes a login link.
type loginCmd struct{ remote }

// Run prints the link.
func (c *loginCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	var made struct {
		Link string `json:"link"`
	}
	if err := c.call(ctx, "POST", "/v1/logins", nil, &made); err != nil {
		return err
	}
	fmt.Println(c.Server + made.Link)
	return nil
}
