package warehouse

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"milemarker/internal/embedded/clickhouse/chtest"
	"milemarker/projections"
)

func openTest(t *testing.T, database string) *Warehouse {
	t.Helper()
	w, err := Open(t.Context(), Config{Transport: chtest.Engine(t).Transport(), Database: database})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	return w
}

// One rebuild at a time: who wants what it brings joins it, who wants something else is told to wait.
func TestBegin(t *testing.T) {
	_, database := chtest.Database(t)
	w := openTest(t, database)
	begin := func(model projections.ReadModel, number int) {
		t.Helper()
		g, err := w.Begin(t.Context(), model)
		if refused := (projections.RebuildRefusedError{}); errors.As(err, &refused) && number < 0 {
			return
		}
		if err != nil || g.Number != number {
			t.Errorf("%q: %+v, %v; want generation %d", model, g, err, number)
		}
	}
	begin(projections.ModelRollups, 1)
	begin(projections.ModelRollups, 1)
	begin(projections.ModelEvents, -1)
	begin(projections.AllReadModels, -1)
	if err := w.Copied(t.Context(), projections.Generation{Number: 1, Version: projections.Version, State: projections.Building}, 8); err != nil {
		t.Fatal(err)
	}
	want := projections.Generation{
		Number: 1, Version: projections.Version, State: projections.Building, Projection: projections.ModelRollups, Onward: 8,
	}
	if all, err := w.Generations(t.Context()); err != nil || !cmp.Equal(all[1], want) {
		t.Errorf("%v, %s", err, cmp.Diff(want, all[1]))
	}
	if err := w.Drop(t.Context(), want); err != nil {
		t.Fatal(err)
	}
	begin(projections.AllReadModels, 2)
	begin(projections.ModelEvents, 2) // all includes it
}

// Read models of another version are no source of copies.
func TestBeginOneOfAnotherVersion(t *testing.T) {
	conn, database := chtest.Database(t)
	w := openTest(t, database)
	err := conn.Exec(t.Context(), "ALTER TABLE generations_v1 UPDATE version = 99 WHERE 1 SETTINGS mutations_sync = 2")
	if err != nil {
		t.Fatal(err)
	}
	if g, err := w.Begin(t.Context(), projections.ModelEvents); !errors.As(err, new(projections.RebuildRefusedError)) {
		t.Errorf("%+v, %v", g, err)
	}
}

// A journal that knows of whole generations only goes on being used.
func TestJournalIsExtended(t *testing.T) {
	conn, database := chtest.Database(t)
	for _, sql := range []string{
		`CREATE TABLE generations_v1 (generation UInt32, version UInt32, state Enum8('building' = 1, 'serving' = 2, 'dropped' = 3),
			note String, changed DateTime64(6, 'UTC') DEFAULT now64(6)) ENGINE = MergeTree ORDER BY (generation, state)`,
		fmt.Sprintf("INSERT INTO generations_v1 (generation, version, state) VALUES (0, %d, 'serving')", projections.Version),
	} {
		if err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(err)
		}
	}
	w := openTest(t, database)
	g, err := w.Begin(t.Context(), projections.ModelVoids)
	if err != nil || g.Number != 1 {
		t.Errorf("%+v, %v", g, err)
	}
	if all, err := w.Generations(t.Context()); err != nil || len(all) != 2 || !all[0].Copied() || all[1].Copied() {
		t.Errorf("%+v, %v", all, err)
	}
}
