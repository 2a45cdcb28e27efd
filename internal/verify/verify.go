package verify

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"milemarker/events"
	"milemarker/projections"
)

// Ledger is what is recounted.
type Ledger interface {
	// Read returns at most limit messages of some partitions from a position on, in order.
	Read(ctx context.Context, from events.Position, limit int, partitions ...int) ([]events.Frame, error)
	// Scan hands every message between two positions, both included, to fn, in order. The body must not be kept.
	Scan(ctx context.Context, from, upTo events.Position, fn func(f events.Frame, id, digest string) error) error
}

// Warehouse is what is compared.
type Warehouse interface {
	People
	Rollups
	// Checkpoints returns how far the folds reach, by partition; a partition never folded is absent.
	Checkpoints(ctx context.Context) (map[int]events.Position, error)
	// CheckSums returns what stands in each group of a read model.
	CheckSums(ctx context.Context, q projections.CheckQuery) ([]projections.GroupSum, error)
	// CheckRows hands the rows of the query's groups to add.
	CheckRows(ctx context.Context, q projections.CheckQuery, add func(g projections.Group, key, text string)) error
}

// Rollups are what is compared of the sums.
type Rollups interface {
	// RollupDigests hands every row of the rollups to add.
	RollupDigests(ctx context.Context, add func(projections.RollupDigest)) error
	// RollupTexts returns key and sums of the rows whose keys have the given hashes, by hash.
	RollupTexts(ctx context.Context, keys []uint64) (map[uint64][2]string, error)
}

// People is what is compared of who is one person.
type People interface {
	// PersonRows hands whom every prospect id stands for to add.
	PersonRows(ctx context.Context, add func(projections.PersonRow)) error
}

// Config bounds what a verification takes.
type Config struct {
	// IDs is how many ids, and how many steps of prospects, are held in memory at a time, at about 60 and 250 bytes
	// each; 0 = 4 million. A longer ledger is read more often.
	IDs int
	// Progress, if set, is told now and then how much of the work is done, from 0 to 1.
	Progress func(done float64)
}

// Deps are the parts of a verification.
type Deps struct {
	Ledger    Ledger
	Warehouse Warehouse
	Clock     func() time.Time
}

// ErrUnsettled is returned when an org's settings were changed, and with them the place of all its events, while the read
// models were looked at.
var ErrUnsettled = errors.New("settings changed meanwhile: verify again")

// named bounds the differences that a report names.
const named = 100

// Run recounts and compares. A report with differences is no error: an error means that nothing is known.
//
// What differs is looked at twice, each time as of a later position, before it is called a difference: a fold that was
// cut short and begins again may show sums a little ahead of what they say they reflect, until it has caught up.
func Run(ctx context.Context, cfg Config, deps Deps) (projections.Verification, error) {
	if cfg.IDs == 0 {
		cfg.IDs = 4_000_000
	}
	began := deps.Clock()
	var report projections.Verification
	var err error
	for range 2 {
		if report, err = once(ctx, cfg, deps); err != nil || report.Differences == 0 {
			break
		}
	}
	report.Began, report.Ended = began.UTC(), deps.Clock().UTC()
	return report, err
}

func once(ctx context.Context, cfg Config, deps Deps) (projections.Verification, error) {
	seen, err := lookSettled(ctx, deps)
	if err != nil {
		return projections.Verification{}, fmt.Errorf("look at the read models: %w", err)
	}
	v := &verification{cfg: cfg, deps: deps, seen: seen}
	v.shards = int(uint64(seen.end)/uint64(cfg.IDs)) + 1
	if err := v.survey(ctx); err != nil {
		return projections.Verification{}, fmt.Errorf("read the ledger: %w", err)
	}
	if err := v.recount(ctx); err != nil {
		return projections.Verification{}, fmt.Errorf("recount the ledger: %w", err)
	}
	if err := v.compare(ctx); err != nil {
		return projections.Verification{}, fmt.Errorf("compare: %w", err)
	}
	return v.report, nil
}

// How often the read models are looked at anew because an org's settings were changed meanwhile, and the pause between.
const (
	attempts = 50
	pause    = 200 * time.Millisecond
)

// lookSettled takes down what stands at a time when no org's events are on their way to other days.
func lookSettled(ctx context.Context, deps Deps) (*standing, error) {
	for range attempts {
		s, err := look(ctx, deps)
		if err != nil || !s.moving {
			return s, err
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return nil, ErrUnsettled
}

// verification is one recount at work.
type verification struct {
	cfg    Config
	deps   Deps
	seen   *standing
	shards int // passes that survey and recount make
	passes int // made so far

	known   *known
	count   *count
	collect *collector // of the rows of groups that differ; nil before
	report  projections.Verification
}

// scan reads the ledger up to the end of what was looked at and tells how far it is.
func (v *verification) scan(ctx context.Context, fn func(f events.Frame) error) error {
	end := v.seen.end
	err := v.deps.Ledger.Scan(ctx, 1, end, func(f events.Frame, _, _ string) error {
		if v.cfg.Progress != nil && f.Position%10_000 == 0 {
			v.cfg.Progress((float64(v.passes) + float64(f.Position)/float64(end)) / float64(2*v.shards+1))
		}
		return fn(f)
	})
	v.passes++
	return err
}

// standing is what stood in the read models, as digests.
type standing struct {
	upTo    events.Position // the position that is compared
	end     events.Position // nothing that was seen reflects more than this
	rollups map[uint64]projections.RollupDigest
	groups  map[projections.Check]map[projections.Group]tally
	persons map[string]map[string]personRow // by org and prospect id
	aside   map[events.Position]bool        // messages that could not be read when they were folded
	moving  bool                            // settings behind upTo have begun to act
}

// tally is the number of rows in a group and the sum of their hashes.
type tally struct{ rows, sum uint64 }

// look takes down what stands.
func look(ctx context.Context, deps Deps) (*standing, error) {
	checkpoints, err := deps.Warehouse.Checkpoints(ctx)
	if err != nil {
		return nil, err
	}
	s := &standing{
		rollups: map[uint64]projections.RollupDigest{}, aside: map[events.Position]bool{},
		groups:  map[projections.Check]map[projections.Group]tally{},
		persons: map[string]map[string]personRow{},
	}
	if s.upTo, err = folded(ctx, deps.Ledger, checkpoints); err != nil {
		return nil, err
	}
	s.end = s.upTo
	err = deps.Warehouse.RollupDigests(ctx, func(d projections.RollupDigest) {
		s.rollups[d.Key] = d
		s.end = max(s.end, d.AsOf)
	})
	if err != nil {
		return nil, fmt.Errorf("rollups: %w", err)
	}
	err = s.lookAtPersons(func(add func(projections.PersonRow)) error { return deps.Warehouse.PersonRows(ctx, add) })
	if err != nil {
		return nil, err
	}
	for _, check := range projections.Checks() {
		sums, err := deps.Warehouse.CheckSums(ctx, projections.CheckQuery{Check: check, UpTo: s.upTo})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", check, err)
		}
		s.groups[check] = map[projections.Group]tally{}
		for _, g := range sums {
			s.groups[check][g.Group] = tally{g.Rows, g.Sum}
		}
	}
	quarantine := projections.CheckQuery{Check: projections.CheckQuarantine, UpTo: s.upTo, Groups: []projections.Group{{}}}
	err = deps.Warehouse.CheckRows(ctx, quarantine, func(_ projections.Group, key, _ string) {
		if at, err := strconv.ParseUint(key, 10, 64); err == nil {
			s.aside[events.Position(at)] = true
		}
	})
	if err != nil {
		return nil, err
	}
	epochs, err := deps.Warehouse.CheckSums(ctx, projections.CheckQuery{Check: projections.EpochsBehind, UpTo: s.upTo})
	s.moving = len(epochs) > 0
	return s, err
}

// folded returns the last position up to which the read models hold everything. A partition in which nothing happens keeps
// an old checkpoint and holds up nobody.
func folded(ctx context.Context, l Ledger, checkpoints map[int]events.Position) (events.Position, error) {
	var upTo events.Position
	for p := range events.Partitions {
		upTo = max(upTo, checkpoints[p])
	}
	for p := range events.Partitions {
		if checkpoints[p] >= upTo {
			continue
		}
		next, err := l.Read(ctx, checkpoints[p]+1, 1, p)
		if err != nil {
			return 0, err
		}
		if len(next) > 0 {
			upTo = min(upTo, next[0].Position-1)
		}
	}
	return upTo, nil
}
