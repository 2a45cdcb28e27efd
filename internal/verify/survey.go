package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/cespare/xxhash/v2"

	"milemarker/events"
	"milemarker/internal/calendar"
	"milemarker/projections"
)

// known is what must be known of the whole ledger before any event can be counted.
type known struct {
	skip       map[events.Position]bool   // second copies, and what cannot be read
	voids      map[target]void            // the first void of each target
	configured map[string][]events.Record // org.configured by org
	places     map[string]place           // by org
}

type target struct{ org, id string }

type void struct {
	position events.Position
	id       string
}

// place says where an org's events belong.
type place struct {
	calendar calendar.Calendar
	teams    map[string]string
}

// first is the event that counts under an id.
type first struct {
	position events.Position
	digest   uint64
}

// survey finds first copies, voids and settings. Each pass looks at the ids of one shard.
func (v *verification) survey(ctx context.Context) error {
	v.known = &known{
		skip: map[events.Position]bool{}, voids: map[target]void{}, configured: map[string][]events.Record{}, places: map[string]place{},
	}
	v.count = newCount()
	var voids []events.Record
	for shard := range v.shards {
		firsts := map[[2]uint64]first{}
		err := v.scan(ctx, func(f events.Frame) error {
			e, err := read(f)
			if err != nil {
				if shard == 0 {
					v.unreadable(f)
				}
				return nil
			}
			if shard == 0 && v.seen.aside[f.Position] { // the program has learned to read it since
				v.row(projections.CheckQuarantine, projections.Group{}, number(f.Position), join(f.Subject, string(f.Body)))
			}
			h := hashOf(e.Org, e.ID)
			if h%uint64(v.shards) != uint64(shard) {
				return nil
			}
			// 128 bits: among 10^9 ids two that are not the same look alike once in 10^20 ledgers.
			key := [2]uint64{h, hashOf(e.ID, "\x00", e.Org)}
			if was, again := firsts[key]; again {
				return v.secondCopy(f.Position, was, e)
			}
			firsts[key] = first{f.Position, xxhash.Sum64String(e.Digest)}
			switch e.Type {
			case events.TypeEventVoided:
				voids = append(voids, events.Record{Position: f.Position, Event: kept(e)})
			case events.TypeOrgConfigured:
				v.known.configured[e.Org] = append(v.known.configured[e.Org], events.Record{Position: f.Position, Event: kept(e)})
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return v.settle(voids)
}

// settle works out what was voided, and then every org's settings.
func (v *verification) settle(voids []events.Record) error {
	for _, r := range voids {
		data, err := events.DecodeData[events.EventVoided](r.Event)
		if err != nil {
			return fmt.Errorf("void at %d: %w", r.Position, err)
		}
		key := target{r.Event.Org, data.Event}
		if was, ok := v.known.voids[key]; !ok || r.Position < was.position {
			v.known.voids[key] = void{r.Position, r.Event.ID}
		}
	}
	for org, records := range v.known.configured {
		slices.SortFunc(records, func(a, b events.Record) int { return int(int64(a.Position) - int64(b.Position)) })
		var stand []events.Record
		for _, r := range records {
			voided, ok := v.known.voids[target{org, r.Event.ID}]
			if r.Position <= v.seen.upTo && (!ok || voided.position > v.seen.upTo) {
				stand = append(stand, r)
			}
		}
		settings, err := projections.FoldSettings(stand)
		if err != nil {
			return err
		}
		v.known.places[org] = place{settings.Calendar(), settings.Teams}
	}
	return nil
}

func (v *verification) placeOf(org string) place {
	p, ok := v.known.places[org]
	if !ok {
		s := projections.DefaultOrgSettings()
		p = place{s.Calendar(), s.Teams}
		v.known.places[org] = p
	}
	return p
}

func (v *verification) secondCopy(at events.Position, was first, e events.Event) error {
	v.known.skip[at] = true
	if at > v.seen.upTo {
		return nil
	}
	verdict := events.Conflict
	if was.digest == xxhash.Sum64String(e.Digest) {
		verdict = events.Duplicate
		v.report.Duplicates++
	} else {
		v.report.Conflicts++
	}
	body, err := events.Encode(e)
	if err != nil {
		return err
	}
	v.row(projections.CheckDuplicates, projections.Group{Org: e.Org}, number(at),
		join(e.ID, number(was.position), string(verdict), string(body)))
	return nil
}

func (v *verification) unreadable(f events.Frame) {
	v.known.skip[f.Position] = true
	if f.Position > v.seen.upTo {
		return
	}
	v.report.Quarantined++
	v.row(projections.CheckQuarantine, projections.Group{}, number(f.Position), join(f.Subject, string(f.Body)))
}

// read tells whether a message can be counted.
func read(f events.Frame) (events.Event, error) {
	e, err := events.Decode(f.Body)
	if err != nil {
		return e, err
	}
	if events.Subject(e.Org, e.Type) != f.Subject {
		return e, fmt.Errorf("subject %q", f.Subject)
	}
	if _, err := events.Facts(e); err != nil {
		return e, err
	}
	switch e.Type {
	case events.TypeEventVoided:
		_, err = events.DecodeData[events.EventVoided](e)
	case events.TypeOrgConfigured:
		_, err = events.DecodeData[events.OrgConfigured](e)
	case events.TypeProspectLinked, events.TypeProspectUnlinked, events.TypeProspectShared, events.TypeProspectErased:
		_, _, err = linksOf(e)
	}
	return e, err
}

// kept is an event that does not share memory with the message it was read from.
func kept(e events.Event) events.Event {
	e.Org, e.ID, e.Data = strings.Clone(e.Org), strings.Clone(e.ID), slices.Clone(e.Data)
	return e
}

func hashOf(texts ...string) uint64 {
	var d xxhash.Digest
	d.Reset()
	for _, t := range texts {
		_, _ = d.WriteString(t) // a hash never fails
		_, _ = d.WriteString(projections.Separator)
	}
	return d.Sum64()
}
