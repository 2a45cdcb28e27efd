package verify

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"milemarker/internal/calendar"
	"milemarker/projections"
)

// compare holds what stands against what was counted.
func (v *verification) compare(ctx context.Context) error {
	if err := v.compareRollups(ctx); err != nil {
		return fmt.Errorf("rollups: %w", err)
	}
	v.comparePersons()
	differ := map[projections.Check][]projections.Group{}
	for _, check := range projections.Checks() {
		stands, want := v.seen.groups[check], v.count.groups[check]
		all := maps.Clone(want)
		maps.Copy(all, stands)
		for _, g := range slices.SortedFunc(maps.Keys(all), compareGroups) {
			v.report.Rows += max(stands[g].rows, want[g].rows)
			if stands[g] != want[g] {
				differ[check] = append(differ[check], g)
			}
		}
	}
	v.report.Position = v.seen.upTo
	if len(differ) == 0 {
		return nil
	}
	return v.nameRows(ctx, differ)
}

func compareGroups(a, b projections.Group) int {
	return cmp.Or(cmp.Compare(a.Org, b.Org), cmp.Compare(a.Name, b.Name))
}

// compareRollups compares every row as of the position that it reflects, and at least as of the one that is compared.
func (v *verification) compareRollups(ctx context.Context) error {
	type wrong struct{ key, want string } // no key: there should be no such row
	differ := map[uint64]wrong{}
	seen := 0
	for _, grain := range calendar.Grains() {
		for h, x := range v.rows(grain) {
			stands, ok := v.seen.rollups[h]
			want := x.asOf(max(stands.AsOf, v.seen.upTo))
			switch {
			case ok:
				seen++
				delete(v.seen.rollups, h)
				if hashOf(want.text()) != stands.Sums {
					differ[h] = wrong{x.key, want.text()}
				}
			case want != sum{}:
				seen++
				differ[h] = wrong{x.key, want.text()}
			}
		}
	}
	nothing := hashOf(sum{}.text())
	for h, stands := range v.seen.rollups { // rows that the ledger knows nothing of may stand only empty
		seen++
		if stands.Sums != nothing {
			differ[h] = wrong{}
		}
	}
	v.report.Rows += uint64(seen)
	v.report.Differences += uint64(len(differ))
	keys := slices.Sorted(maps.Keys(differ))
	keys = keys[:min(len(keys), named)]
	if len(keys) == 0 {
		return nil
	}
	found, err := v.deps.Warehouse.RollupTexts(ctx, keys)
	for _, h := range keys {
		v.name("rollups", cmp.Or(differ[h].key, found[h][0]), differ[h].want, found[h][1])
	}
	return err
}

// name puts a difference into the report.
func (v *verification) name(table, key, want, found string) {
	if len(v.report.Named) < named {
		bars := strings.NewReplacer(projections.Separator, "|")
		v.report.Named = append(v.report.Named, projections.Difference{
			Table: table, Key: bars.Replace(key), Want: bars.Replace(want), Found: bars.Replace(found),
		})
	}
}

// The groups whose rows are looked at one by one, and the rows of all of them.
const (
	maxGroups = 20
	maxRows   = 500_000
)

// collector gathers the rows of some groups as recounted.
type collector struct {
	want map[projections.Check]map[projections.Group]map[string]string
}

func (c *collector) add(check projections.Check, g projections.Group, key, text string) {
	if rows, ok := c.want[check][g]; ok {
		rows[key] = text
	}
}

// nameRows looks at the rows of the groups that differ: it counts the ledger once more, for these rows alone.
func (v *verification) nameRows(ctx context.Context, differ map[projections.Check][]projections.Group) error {
	c := &collector{want: map[projections.Check]map[projections.Group]map[string]string{}}
	budget := uint64(maxRows)
	for check, groups := range differ {
		c.want[check] = map[projections.Group]map[string]string{}
		for _, g := range groups {
			rows := max(v.seen.groups[check][g].rows, v.count.groups[check][g].rows)
			if len(c.want[check]) == maxGroups || rows > budget {
				v.report.Differences++ // one at least
				continue
			}
			budget -= rows
			c.want[check][g] = map[string]string{}
		}
	}
	v.collect = c
	report, groups := v.report, v.count.groups
	if err := v.survey(ctx); err != nil {
		return err
	}
	if err := v.recount(ctx); err != nil {
		return err
	}
	v.report, v.count.groups = report, groups // counted already
	for _, check := range projections.Checks() {
		if err := v.compareRows(ctx, check, c.want[check]); err != nil {
			return fmt.Errorf("%s: %w", check, err)
		}
	}
	return nil
}

func (v *verification) compareRows(
	ctx context.Context, check projections.Check, want map[projections.Group]map[string]string,
) error {
	if len(want) == 0 {
		return nil
	}
	groups := slices.SortedFunc(maps.Keys(want), compareGroups)
	stands := map[projections.Group]map[string]string{}
	for _, g := range groups {
		stands[g] = map[string]string{}
	}
	q := projections.CheckQuery{Check: check, UpTo: v.seen.upTo, Groups: groups}
	err := v.deps.Warehouse.CheckRows(ctx, q, func(g projections.Group, key, text string) {
		if rows := stands[g]; rows != nil {
			if was, twice := rows[key]; twice {
				v.differs(check, g, key, was, was+projections.Separator+text)
			}
			rows[key] = text
		}
	})
	if err != nil {
		return err
	}
	for _, g := range groups {
		all := maps.Clone(want[g])
		maps.Copy(all, stands[g])
		same := true
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if want[g][key] != stands[g][key] {
				same = false
				v.differs(check, g, key, want[g][key], stands[g][key])
			}
		}
		if same { // it was mended since it was looked at
			t, s := v.count.groups[check][g], v.seen.groups[check][g]
			v.differs(check, g, "rows and sum of hashes", fmt.Sprint(t), fmt.Sprint(s))
		}
	}
	return nil
}

func (v *verification) differs(check projections.Check, g projections.Group, key, want, found string) {
	v.report.Differences++
	v.name(string(check), join(g.Org, g.Name, key), want, found)
}
