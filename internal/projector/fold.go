package projector

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"milemarker/events"
	"milemarker/projections"
)

// folder applies batches of ledger messages to the warehouse. It is used by one goroutine.
type folder struct {
	cfg  Config
	deps Deps

	checkpoint map[int]events.Position // by owned partition
	settings   map[string]projections.OrgSettings
	calendars  projections.Calendars
	known      *known
	claim      projections.Claim // under which fenced statements are run
}

// load claims the partitions, so that nobody else moves them any more, and then reads where the folds stand.
func (f *folder) load(ctx context.Context) error {
	var err error
	if f.claim, err = f.deps.Warehouse.Claim(ctx, f.cfg.Partitions); err != nil {
		return err
	}
	all, err := f.deps.Warehouse.Checkpoints(ctx)
	if err != nil {
		return err
	}
	f.checkpoint = map[int]events.Position{}
	for _, p := range f.cfg.Partitions {
		f.checkpoint[p] = all[p]
	}
	if err := f.loadSettings(ctx); err != nil {
		return err
	}
	if f.alone() && f.deps.Model == projections.ModelRollups {
		if err := f.sumUp(ctx); err != nil {
			return err
		}
	}
	return f.loadKnown(ctx)
}

func (f *folder) loadSettings(ctx context.Context) error {
	settings, err := f.deps.Warehouse.AllSettings(ctx)
	if err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	f.settings, f.calendars = settings, projections.Calendars{}
	for org, s := range settings {
		f.calendars[org] = s.Calendar()
	}
	return nil
}

// from is the first position that may still have to be folded.
func (f *folder) from() events.Position {
	first := true
	var from events.Position
	for _, p := range f.checkpoint {
		if first || p < from {
			from, first = p, false
		}
	}
	return from + 1
}

// fold applies one batch, in the order that the package comment gives. Every step may be repeated.
func (f *folder) fold(ctx context.Context, payload []byte) error {
	frames, err := events.DecodeBatch(payload)
	if err != nil {
		return err
	}
	alone, frames := f.split(frames)
	if err := f.foldAlone(ctx, alone); err != nil || len(frames) == 0 {
		return err
	}
	upTo := frames[len(frames)-1].Position
	rows, unreadable := f.read(frames)
	if err := f.quarantine(ctx, unreadable); err != nil {
		return err
	}
	rows, copies, err := f.sift(ctx, rows)
	if err != nil {
		return err
	}
	if err := f.setAside(ctx, copies); err != nil {
		return err
	}
	if err := f.apply(ctx, rows, upTo); err != nil {
		return err
	}
	return f.reach(ctx, upTo)
}

// reach writes the checkpoint.
func (f *folder) reach(ctx context.Context, upTo events.Position) error {
	if err := f.run(ctx, projections.InsertCheckpoints(upTo)); err != nil {
		return err
	}
	for p := range f.checkpoint {
		f.checkpoint[p] = upTo
	}
	if f.deps.Folded != nil {
		f.deps.Folded(upTo)
	}
	return nil
}

// idle moves the checkpoint on while nothing comes for these partitions, so that it tells how far they are all the same.
func (f *folder) idle(ctx context.Context) error {
	upTo, err := f.deps.Source.Quiet(ctx, f.checkpoint)
	if err != nil || upTo <= f.from()-1 {
		return err
	}
	return f.reach(ctx, upTo)
}

// read decodes the frames that were not folded before; what cannot be read is returned apart.
func (f *folder) read(frames []events.Frame) (rows []projections.Row, unreadable []projections.Unreadable) {
	rows = make([]projections.Row, 0, len(frames))
	for _, frame := range frames {
		row, err := projections.ReadRow(frame)
		switch {
		case err != nil:
			unreadable = append(unreadable, projections.Unreadable{Frame: frame, Reason: err.Error()})
		case frame.Position > f.checkpoint[events.PartitionOf(row.Event.Org)]:
			rows = append(rows, row)
		}
	}
	return rows, unreadable
}

func (f *folder) quarantine(ctx context.Context, unreadable []projections.Unreadable) error {
	if len(unreadable) == 0 {
		return nil
	}
	for _, u := range unreadable {
		if err := f.deps.Source.Quarantine(ctx, u.Frame, u.Reason); err != nil {
			return fmt.Errorf("quarantine: %w", err)
		}
		f.deps.Logger.WarnContext(ctx, "message set aside", "position", uint64(u.Position), "subject", u.Subject, "reason", u.Reason)
	}
	return f.run(ctx, projections.InsertQuarantine(unreadable))
}

// apply brings the read models up to the rows.
func (f *folder) apply(ctx context.Context, rows []projections.Row, upTo events.Position) error {
	if len(rows) == 0 {
		return nil
	}
	reconfigured, err := f.declare(ctx, rows)
	if err != nil {
		return err
	}
	touched := projections.Touched{}
	f.place(rows)
	for _, r := range rows {
		touched.Add(r.Event.Org, r.Day)
	}
	voids, err := projections.InsertVoids(rows)
	if err != nil {
		return err
	}
	links, err := projections.InsertLinks(rows)
	if err != nil {
		return err
	}
	if err := f.runTogether(ctx, projections.InsertEvents(rows), voids, projections.InsertJourneySteps(rows), links); err != nil {
		return err
	}
	if err := f.regroup(ctx, rows, upTo); err != nil {
		return err
	}
	if err := f.touchVoided(ctx, rows, touched, reconfigured); err != nil {
		return err
	}
	stale, err := f.move(ctx, reconfigured, touched)
	if err != nil {
		return err
	}
	return f.run(ctx, projections.Recompute(touched, f.calendars, upTo, stale)...)
}

// declare writes what the rows declare, and takes over new settings. It returns the orgs whose settings may have
// changed.
func (f *folder) declare(ctx context.Context, rows []projections.Row) (map[string]events.Position, error) {
	reconfigured := map[string]events.Position{}
	for _, r := range rows {
		if r.Event.Type == events.TypeOrgConfigured {
			reconfigured[r.Event.Org] = r.Position
		}
	}
	s, err := projections.InsertDeclarations(rows)
	if err != nil {
		return nil, err
	}
	if err := f.run(ctx, s); err != nil {
		return nil, err
	}
	if len(reconfigured) == 0 {
		return reconfigured, nil
	}
	return reconfigured, f.loadSettings(ctx)
}

// touchVoided adds the days of the events that the rows void. A voided org.configured changes the settings back too.
func (f *folder) touchVoided(
	ctx context.Context, rows []projections.Row, touched projections.Touched, reconfigured map[string]events.Position,
) error {
	targets := map[string][]string{}
	last := map[string]events.Position{}
	for _, r := range rows {
		if t, ok, err := projections.TargetOf(r.Event); err != nil {
			return err
		} else if ok {
			targets[t.Org], last[t.Org] = append(targets[t.Org], t.ID), r.Position
		}
	}
	for org, ids := range targets {
		found, err := f.deps.Warehouse.Targets(ctx, projections.TargetQuery{Org: org, IDs: ids})
		if err != nil {
			return fmt.Errorf("voided events: %w", err)
		}
		for _, t := range found {
			touched.Add(org, t.Day)
			if t.Type == events.TypeOrgConfigured {
				reconfigured[org] = max(last[org], reconfigured[org])
			}
		}
	}
	return nil
}

// move begins a new epoch for the orgs whose settings changed, gives their events their new days and teams, touches all
// their days, and returns the buckets that stood for them.
func (f *folder) move(
	ctx context.Context, reconfigured map[string]events.Position, touched projections.Touched,
) (projections.Stale, error) {
	if len(reconfigured) == 0 {
		return nil, nil
	}
	for org, at := range reconfigured {
		if err := f.run(ctx, projections.BeginEpoch(org, at)); err != nil {
			return nil, err
		}
	}
	if err := f.loadSettings(ctx); err != nil {
		return nil, err
	}
	stale := projections.Stale{}
	for org := range reconfigured {
		before, err := f.deps.Warehouse.Extent(ctx, org)
		if err != nil {
			return nil, fmt.Errorf("extent: %w", err)
		}
		if err := f.run(ctx, projections.MoveEvents(org, f.settings[org], before.First, before.Last)...); err != nil {
			return nil, err
		}
		after, err := f.deps.Warehouse.Extent(ctx, org)
		if err != nil {
			return nil, fmt.Errorf("extent: %w", err)
		}
		for _, day := range after.Days {
			touched.Add(org, day)
		}
		stale[org] = before.Buckets
	}
	return stale, nil
}

// run executes statements in order, the fenced ones under the claim. An insert of nothing is left out.
func (f *folder) run(ctx context.Context, statements ...projections.Statement) error {
	for _, s := range statements {
		if s.Empty() {
			continue
		}
		if err := f.deps.Warehouse.Run(ctx, f.claim.Fence(s)); err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return nil
}

// runTogether executes statements that do not need each other, at the same time.
func (f *folder) runTogether(ctx context.Context, statements ...projections.Statement) error {
	group, ctx := errgroup.WithContext(ctx)
	for _, s := range statements {
		group.Go(func() error { return f.run(ctx, s) })
	}
	return group.Wait()
}
