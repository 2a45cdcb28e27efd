package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"milemarker/internal/assembly"
	"milemarker/internal/recorder"
)

// peopleCmd finds and erases people.
type peopleCmd struct {
	Find     peopleFindCmd     `cmd:"" help:"Find a person by phone, e-mail address or external id."`
	Erase    peopleEraseCmd    `cmd:"" help:"Erase a person: what is sealed of them can never be read again."`
	Erasures peopleErasuresCmd `cmd:"" help:"List all erasures, to be kept apart from the server for the restoration of older backups."`
}

type peopleFindCmd struct {
	remote
	Phone      string `help:"Phone number with its country code."`
	Email      string `help:"E-mail address."`
	ExternalID string `name:"external-id" help:"Id in the system that told of the person."`
}

// Run prints who was found.
func (c *peopleFindCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	q := url.Values{}
	for name, v := range map[string]string{"phone": c.Phone, "email": c.Email, "external_id": c.ExternalID} {
		if v != "" {
			q.Set(name, v)
		}
	}
	var answer struct {
		People []struct {
			ID, Name   string
			Identities []struct{ Prospect, Kind, Value string }
			OpenStage  string            `json:"open_stage"`
			Events     []json.RawMessage `json:"events"`
		}
	}
	if err := c.call(ctx, "GET", "/v1/people?"+q.Encode(), nil, &answer); err != nil {
		return err
	}
	for _, p := range answer.People {
		fmt.Printf("%s  %s  %s\n", p.ID, p.Name, p.OpenStage)
		for _, id := range p.Identities {
			fmt.Printf("  %s  %s %s\n", id.Prospect, id.Kind, id.Value)
		}
	}
	if len(answer.People) == 0 {
		fmt.Fprintln(os.Stderr, "Nobody was found.")
	}
	return nil
}

type peopleEraseCmd struct {
	remote
	ID     string `arg:"" help:"A prospect id of the person, as 'people find' prints it."`
	Reason string `default:"request" enum:"request,retention,mistake" help:"Why: request, retention or mistake."`
}

// Run erases and says what was erased.
func (c *peopleEraseCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	var answer struct {
		Outcome string
		Erased  []string
	}
	if err := c.call(ctx, "POST", "/v1/people/"+url.PathEscape(c.ID)+":erase", map[string]string{"reason": c.Reason}, &answer); err != nil {
		return err
	}
	for _, id := range answer.Erased {
		fmt.Println("erased", id)
	}
	return nil
}

type peopleErasuresCmd struct{ remote }

// Run prints one JSON object a line.
func (c *peopleErasuresCmd) Run(ctx context.Context) error {
	if err := c.resolve(); err != nil {
		return err
	}
	var answer struct {
		Erasures []recorder.Erasure `json:"erasures"`
	}
	if err := c.call(ctx, "GET", "/v1/erasures", nil, &answer); err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	for _, e := range answer.Erasures {
		if err := out.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

// pendingErasures is the file of a restored data folder that says what is to be erased before it serves.
const pendingErasures = "erasures.pending"

// layErasures checks a list of erasures and puts it into a data folder that is being restored.
func layErasures(list, data string) error {
	in, err := os.Open(list)
	if err != nil {
		return err
	}
	_, err = recorder.ReadErasures(in)
	if err = errors.Join(err, in.Close()); err != nil {
		return fmt.Errorf("--erasures: %w", err)
	}
	return copyKey(list, filepath.Join(data, pendingErasures))
}

// erasePending carries out what a restored data folder is still to forget, before anybody is let in.
func erasePending(ctx context.Context, data string, s *assembly.Services) error {
	path := filepath.Join(data, pendingErasures)
	in, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	list, err := recorder.ReadErasures(in)
	if err = errors.Join(err, in.Close()); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := s.People.Reapply(ctx, list); err != nil {
		return err
	}
	return os.Remove(path) // if it comes back after a power failure, it is carried out once more
}
