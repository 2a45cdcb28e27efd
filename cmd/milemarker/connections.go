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

// connectionsCmd manages what is connected to a running server.
type connectionsCmd struct {
	Providers connectionsProvidersCmd `cmd:"" help:"List the providers that can be connected."`
	Add       connectionsAddCmd       `cmd:"" help:"Connect a provider: prints the URL to paste there, and the steps."`
	List      connectionsListCmd      `cmd:"" help:"List the connections and how they are doing."`
	Show      connectionsShowCmd      `cmd:"" help:"Show one connection: secrets that are live, the last requests that were refused."`
	Set       connectionsSetCmd       `cmd:"" help:"Change a connection's name, region, zone, settings or token."`
	Rotate    connectionsRotateCmd    `cmd:"" help:"Give a connection a new secret; the former stays good for a while."`
	Pause     connectionsPauseCmd     `cmd:"" help:"Keep what arrives, and translate it only when the connection is resumed."`
	Resume    connectionsResumeCmd    `cmd:"" help:"Translate what arrived during a pause, and what arrives from now on."`
	Delete    connectionsDeleteCmd    `cmd:"" help:"End a connection for ever: its URL answers 410."`
}

// connection is one as /v1/connections speaks of it.
type connection struct {
	ID       string            `json:"id"`
	Name     string            `json:"name"`
	Provider string            `json:"provider"`
	URL      string            `json:"url"`
	State    string            `json:"state"`
	Region   string            `json:"region"`
	Zone     string            `json:"zone"`
	Settings map[string]string `json:"settings"`
	HasToken bool              `json:"has_token"`
	Kept     uint64            `json:"deliveries"`
	Last     *time.Time        `json:"last_delivery"`
	Secrets  []struct {
		ID      string     `json:"id"`
		Created time.Time  `json:"created"`
		Ends    *time.Time `json:"ends"`
	} `json:"secrets"`
	Counts struct {
		Refused   uint64 `json:"refused"`
		Failed    uint64 `json:"failed"`
		LastError string `json:"last_error"`
		Refusals  []struct {
			Time   time.Time `json:"time"`
			Remote string    `json:"remote"`
			Method string    `json:"method"`
			Why    string    `json:"why"`
		} `json:"refusals"`
	} `json:"counts"`

	// In the answer that made it, or a secret of it.
	Paste       string   `json:"paste"`
	Secret      string   `json:"secret"`
	SecretName  string   `json:"secret_name"`
	SecretWhere string   `json:"secret_where"`
	Steps       []string `json:"steps"`
}

type connectionsProvidersCmd struct{ remote }

// Run lists the providers.
func (c *connectionsProvidersCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	var answer struct {
		Providers []struct {
			Name         string `json:"name"`
			Title        string `json:"title"`
			Category     string `json:"category"`
			Verification string `json:"verification"`
		} `json:"providers"`
	}
	if err := c.call(ctx, "GET", "/v1/providers", nil, &answer); err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "PROVIDER\tTITLE\tCATEGORY\tVERIFICATION") // Flush tells what goes wrong
	for _, p := range answer.Providers {
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.Name, p.Title, p.Category, p.Verification)
	}
	return w.Flush()
}

type connectionsAddCmd struct {
	remote
	Provider  string            `required:"" help:"Provider, as 'connections providers' lists it."`
	Name      string            `help:"What to call it."`
	Secret    string            `env:"MILEMARKER_CONNECTION_SECRET" help:"The provider's secret, if the provider makes it; it can be given later with rotate."`
	Token     string            `env:"MILEMARKER_CONNECTION_TOKEN" help:"Token to fetch details with, for providers whose webhooks only point at them."`
	Region    string            `help:"Country of phone numbers without a country code, such as US."`
	Zone      string            `help:"Time zone of clock times without one, such as America/New_York."`
	Set       map[string]string `help:"Settings of the provider, name=value."`
	PublicURL string            `name:"public-url" help:"Address under which the provider reaches the server; by default the server's own."`
}

// Run connects a provider.
func (c *connectionsAddCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	in := map[string]any{"provider": c.Provider}
	for name, value := range map[string]string{
		"name": c.Name, "secret": c.Secret, "token": c.Token, "region": c.Region, "zone": c.Zone, "public_url": c.PublicURL,
	} {
		if value != "" {
			in[name] = value
		}
	}
	if len(c.Set) > 0 {
		in["settings"] = c.Set
	}
	var made connection
	if err := c.call(ctx, "POST", "/v1/connections", in, &made); err != nil {
		return err
	}
	fmt.Printf("connection  %s (%s)\n", made.ID, made.Name)
	made.printSecret()
	for i, step := range made.Steps {
		fmt.Printf("%3d. %s\n", i+1, step)
	}
	return nil
}

// printSecret prints what is shown this once.
func (c connection) printSecret() {
	fmt.Printf("URL         %s\n", c.Paste)
	switch {
	case c.Secret != "" && !strings.Contains(c.Paste, c.Secret):
		fmt.Printf("%s  %s\n            (shown this once) %s\n", c.SecretName, c.Secret, c.SecretWhere)
	case c.Secret != "":
		fmt.Println("            (the secret is part of the URL, which is shown this once)")
	case len(c.Secrets) == 0:
		fmt.Printf("            Nothing is let in yet: give the %s with 'milemarker connections rotate %s --secret ...'. %s\n",
			c.SecretName, c.ID, c.SecretWhere)
	}
}

type connectionsListCmd struct{ remote }

// Run lists the connections.
func (c *connectionsListCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	var answer struct {
		Connections []connection `json:"connections"`
	}
	if err := c.call(ctx, "GET", "/v1/connections", nil, &answer); err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "ID\tNAME\tPROVIDER\tSTATE\tDELIVERIES\tLAST\tREFUSED\tFAILED\tLAST ERROR") // Flush tells what goes wrong
	for _, one := range answer.Connections {
		last := ""
		if one.Last != nil {
			last = one.Last.Format(time.DateTime)
		}
		_, _ = fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d\t%s\t%d\t%d\t%s\n", one.ID, one.Name, one.Provider, one.State, one.Kept, last,
			one.Counts.Refused, one.Counts.Failed, one.Counts.LastError)
	}
	return w.Flush()
}

// oneConnection is a command about one connection.
type oneConnection struct {
	remote
	ID string `arg:"" help:"Id of the connection, as listed."`
}

func (c *oneConnection) path() string { return "/v1/connections/" + url.PathEscape(c.ID) }

// ask resolves the server and asks it.
func (c *oneConnection) ask(ctx context.Context, method, suffix string, in any) (connection, error) {
	var one connection
	if err := c.resolve(); err != nil {
		return one, err
	}
	return one, c.call(ctx, method, c.path()+suffix, in, &one)
}

type connectionsShowCmd struct{ oneConnection }

// Run shows one connection.
func (c *connectionsShowCmd) Run(ctx context.Context) error {
	one, err := c.ask(ctx, "GET", "", nil)
	if err != nil {
		return err
	}
	fmt.Printf("connection  %s (%s)\nprovider    %s\nURL         %s\nstate       %s\nregion      %s\nzone        %s\ntoken       %t\ndeliveries  %d\n",
		one.ID, one.Name, one.Provider, one.URL, one.State, one.Region, one.Zone, one.HasToken, one.Kept)
	for name, value := range one.Settings {
		fmt.Printf("setting     %s=%s\n", name, value)
	}
	for _, s := range one.Secrets {
		ends := ""
		if s.Ends != nil {
			ends = ", ends " + s.Ends.Format(time.RFC3339)
		}
		fmt.Printf("secret      %s of %s%s\n", s.ID, s.Created.Format(time.RFC3339), ends)
	}
	for _, r := range one.Counts.Refusals {
		fmt.Printf("refused     %s %s from %s: %s\n", r.Time.Format(time.RFC3339), r.Method, r.Remote, r.Why)
	}
	if one.Counts.LastError != "" {
		fmt.Printf("last error  %s\n", one.Counts.LastError)
	}
	return nil
}

type connectionsSetCmd struct {
	oneConnection
	Name   *string           `help:"What to call it."`
	Token  *string           `env:"MILEMARKER_CONNECTION_TOKEN" help:"Token to fetch details with; an empty one takes it away."`
	Region *string           `help:"Country of phone numbers without a country code."`
	Zone   *string           `help:"Time zone of clock times without one."`
	Set    map[string]string `help:"All settings of the provider, name=value: they take the place of the former ones."`
}

// Run changes a connection.
func (c *connectionsSetCmd) Run(ctx context.Context) error {
	in := map[string]any{}
	for name, value := range map[string]*string{"name": c.Name, "token": c.Token, "region": c.Region, "zone": c.Zone} {
		if value != nil {
			in[name] = *value
		}
	}
	if c.Set != nil {
		in["settings"] = c.Set
	}
	one, err := c.ask(ctx, "PATCH", "", in)
	if err == nil {
		fmt.Println("changed", one.ID)
	}
	return err
}

type connectionsRotateCmd struct {
	oneConnection
	Secret  string        `env:"MILEMARKER_CONNECTION_SECRET" help:"The new secret, if the provider makes it; otherwise one is made and printed."`
	Overlap time.Duration `default:"24h" help:"How long the former secret stays good."`
}

// Run gives a connection a new secret.
func (c *connectionsRotateCmd) Run(ctx context.Context) error {
	in := map[string]any{"overlap_hours": c.Overlap.Hours()}
	if c.Secret != "" {
		in["secret"] = c.Secret
	}
	made, err := c.ask(ctx, "POST", ":rotate", in)
	if err != nil {
		return err
	}
	made.printSecret()
	return nil
}

type connectionsPauseCmd struct{ oneConnection }

// Run pauses a connection.
func (c *connectionsPauseCmd) Run(ctx context.Context) error {
	one, err := c.ask(ctx, "POST", ":pause", struct{}{})
	if err == nil {
		fmt.Println(one.ID, one.State)
	}
	return err
}

type connectionsResumeCmd struct{ oneConnection }

// Run resumes a connection.
func (c *connectionsResumeCmd) Run(ctx context.Context) error {
	one, err := c.ask(ctx, "POST", ":resume", struct{}{})
	if err == nil {
		fmt.Println(one.ID, one.State)
	}
	return err
}

type connectionsDeleteCmd struct{ oneConnection }

// Run deletes a connection.
func (c *connectionsDeleteCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	if err := c.call(ctx, "DELETE", c.path(), nil, nil); err != nil {
		return err
	}
	fmt.Println("deleted", c.ID)
	return nil
}
