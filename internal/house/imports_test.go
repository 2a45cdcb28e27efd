package house

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// module is the path that our own packages start with.
const module = "milemarker/"

// Homes are technologies that live in few places. A package that is not pure may use any other library.
const (
	nats       = "nats"
	clickhouse = "clickhouse"
	echo       = "echo"
	watermill  = "watermill"
)

var homes = map[string][]string{
	nats:       {"github.com/nats-io", "github.com/synadia-io"},
	clickhouse: {"github.com/ClickHouse", "database/sql"},
	echo:       {"github.com/labstack/echo"},
	watermill:  {"github.com/ThreeDotsLabs/watermill"},
}

// row is what one package may import, tests aside.
type row struct {
	pure  bool     // the standard library alone, besides ours
	ours  []string // our packages, without the module's name; a trailing /... covers a tree
	homes []string // technologies that live here
}

// plain carries types across borders.
var plain = []string{"events", "projections", "internal/calendar", "internal/metric", "internal/pace", "internal/people", "internal/problem", "internal/access"}

// mains is what the program of one role leans on: the roles' wiring, and never an engine.
var mains = []string{"internal/assembly", "internal/boot", "internal/telemetry"}

// table has one row for each package of the module.
var table = map[string]row{
	"events":            {pure: true},
	"projections":       {pure: true, ours: []string{"events", "internal/calendar", "internal/metric"}},
	"internal/calendar": {pure: true},
	"internal/metric":   {pure: true, ours: []string{"events"}},
	"internal/rates":    {pure: true},
	"internal/plan":     {pure: true, ours: []string{"internal/calendar", "internal/rates"}},
	"internal/forecast": {pure: true, ours: []string{"internal/calendar", "internal/rates"}},
	"internal/foresight": {ours: []string{
		"events", "projections", "internal/calendar", "internal/forecast", "internal/goals", "internal/pace",
	}},
	"internal/today":    {pure: true, ours: []string{"events"}},
	"internal/pace":     {pure: true, ours: []string{"events", "internal/calendar"}},
	"internal/people":   {pure: true},
	"internal/holidays": {ours: []string{"internal/calendar"}},
	"internal/goals": {ours: []string{
		"events", "projections", "internal/calendar", "internal/holidays", "internal/metric", "internal/pace",
		"internal/plan", "internal/rates", "internal/routine", "internal/timeblocks",
	}},

	"api":         {pure: true},
	"api/apitest": {ours: []string{"api"}},

	"internal/providers":              {pure: true, ours: []string{"events"}},
	"internal/providers/signature":    {ours: []string{"internal/providers"}},
	"internal/providers/wire":         {ours: []string{"events", "internal/providers"}},
	"internal/providers/providertest": {ours: []string{"events", "internal/providers"}},
	"internal/providers/all":          {ours: []string{"internal/providers/..."}},
	"internal/providers/dial":         {ours: []string{"events", "internal/providers", "internal/providers/wire"}},
	"internal/providers/bill":         {ours: []string{"events", "internal/providers", "internal/providers/wire"}},
	"internal/providers/merge":        {ours: []string{"internal/providers", "internal/providers/wire"}},
	"internal/providers/form":         {ours: []string{"events", "internal/providers", "internal/providers/wire"}},
	"internal/providers/booking":      {ours: []string{"events", "internal/providers", "internal/providers/merge", "internal/providers/wire"}},
	"internal/providers/offer":        {ours: []string{"events", "internal/providers", "internal/providers/merge", "internal/providers/wire"}},
	"internal/providers/fetch":        {ours: []string{"internal/providers"}},
	"internal/providers/...": {ours: []string{
		"events", "internal/mapping", "internal/providers", "internal/providers/signature", "internal/providers/wire",
		"internal/providers/dial", "internal/providers/bill",
		"internal/providers/booking", "internal/providers/form", "internal/providers/merge", "internal/providers/offer",
		"internal/providers/mapped",
	}},

	"internal/timeblocks": {ours: []string{"events", "internal/calendar"}},
	"internal/declared":   {ours: []string{"events", "internal/calendar", "internal/holidays", "internal/metric", "internal/timeblocks"}},
	"internal/routine":    {pure: true, ours: []string{"events", "internal/calendar"}},
	"internal/shelf":      {},
	"internal/links":      {ours: []string{"internal/shelf"}},
	"internal/notify":     {ours: []string{"events", "internal/calendar", "internal/shelf"}},
	"internal/alerts": {
		ours: append([]string{
			"internal/goals", "internal/notify", "internal/routine", "internal/shelf", "internal/timeblocks",
		}, plain...),
		homes: []string{watermill},
	},

	"internal/forecaster": {ours: append([]string{"internal/forecast", "internal/foresight", "internal/goals"}, plain...)},

	"internal/connections": {ours: []string{"events", "internal/providers"}},
	"internal/deliveries":  {ours: []string{"events", "internal/providers"}},
	"internal/held":        {pure: true, ours: []string{"events"}},
	"internal/hooks":       {ours: append([]string{"internal/connections", "internal/deliveries", "internal/providers"}, plain...)},
	"internal/translator": {
		ours:  append([]string{"internal/connections", "internal/deliveries", "internal/held", "internal/providers"}, plain...),
		homes: []string{watermill},
	},

	"internal/problem":  {},
	"internal/access":   {},
	"internal/vault":    {},
	"internal/recorder": {ours: []string{"events"}},
	"internal/importer": {ours: []string{"events", "internal/mapping"}},
	"internal/mapping":  {ours: []string{"events", "internal/providers/wire"}},
	"internal/boot":     {ours: []string{"internal/problem"}, homes: []string{echo}},

	"internal/audit":      {ours: []string{"events"}},
	"internal/backup":     {},
	"internal/lease":      {},
	"internal/quarantine": {ours: []string{"events", "projections"}},
	"internal/telemetry":  {ours: []string{"events"}, homes: []string{watermill}},
	"internal/verify":     {ours: []string{"events", "projections", "internal/calendar"}},

	"internal/ledger":    {ours: []string{"events"}, homes: []string{nats, watermill}},
	"internal/warehouse": {ours: []string{"events", "projections", "internal/calendar"}, homes: []string{clickhouse}},

	"internal/ingest":    {ours: append([]string{"internal/declared"}, plain...), homes: []string{echo, watermill}},
	"internal/projector": {ours: plain, homes: []string{watermill}},
	"internal/api":       {ours: append([]string{"api", "internal/declared", "internal/plan", "internal/forecast", "internal/foresight", "internal/rates", "internal/today", "internal/connections", "internal/deliveries", "internal/mapping", "internal/providers", "internal/providers/mapped", "internal/providers/wire", "internal/audit", "internal/backup", "internal/goals", "internal/links", "internal/notify", "internal/routine", "internal/timeblocks", "internal/holidays", "internal/quarantine"}, plain...), homes: []string{echo}},

	"internal/embedded/natsd":          {homes: []string{nats}},
	"internal/embedded/natsd/...":      {ours: []string{"internal/embedded/natsd"}, homes: []string{nats}},
	"internal/embedded/clickhouse":     {ours: []string{"internal/embedded/clickhouse/..."}, homes: []string{clickhouse}},
	"internal/embedded/clickhouse/...": {ours: []string{"internal/embedded/clickhouse/..."}, homes: []string{clickhouse}},

	"internal/assembly": {
		ours: append([]string{
			"internal/boot", "internal/ledger", "internal/warehouse", "internal/vault", "internal/recorder",
			"internal/ingest", "internal/projector", "internal/api",
			"internal/alerts", "internal/forecaster", "internal/goals", "internal/links", "internal/notify",
			"internal/connections", "internal/deliveries", "internal/held", "internal/hooks", "internal/mapping", "internal/translator", "internal/providers/...",
			"internal/audit", "internal/backup", "internal/lease", "internal/quarantine", "internal/telemetry", "internal/verify",
		}, plain...),
		homes: []string{watermill},
	},
	"cmd/ingest":     {ours: mains},
	"cmd/projector":  {ours: mains},
	"cmd/api":        {ours: mains},
	"cmd/milemarker": {ours: []string{"..."}},

	"docs/examples/webhooks":          {},
	"docs/examples/crm-opportunities": {ours: []string{"..."}},

	"internal/house":      {},
	"internal/acceptance": {},
	"internal/chaos":      {},
}

// rule finds a package's row: its own, else that of the nearest tree it lies in.
func rule(pkg string) (row, bool) {
	if r, ok := table[pkg]; ok {
		return r, true
	}
	for dir := pkg; strings.Contains(dir, "/"); {
		dir = dir[:strings.LastIndex(dir, "/")]
		if r, ok := table[dir+"/..."]; ok {
			return r, true
		}
	}
	return row{}, false
}

// covers tells whether one of the patterns matches path: path itself, a folder above it, or a tree.
func covers(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool {
		tree, isTree := strings.CutSuffix(p, "...")
		return path == p || isTree && strings.HasPrefix(path+"/", tree)
	})
}

// home names the technology that an import belongs to, "" for none.
func home(path string) string {
	for name, prefixes := range homes {
		for _, prefix := range prefixes {
			if path == prefix || strings.HasPrefix(path, prefix+"/") {
				return name
			}
		}
	}
	return ""
}

// faults lists the imports of one package that its row does not allow.
func faults(pkg string, r row, imports []string) []string {
	var out []string
	for _, path := range imports {
		ours, isOurs := strings.CutPrefix(path, module)
		first, _, _ := strings.Cut(path, "/")
		tech := home(path)
		switch {
		case isOurs && !covers(r.ours, ours):
			out = append(out, pkg+" imports "+ours+", which its row does not allow")
		case isOurs:
		case tech != "" && !slices.Contains(r.homes, tech):
			out = append(out, pkg+" imports "+path+", but "+tech+" does not live there")
		case r.pure && strings.Contains(first, "."):
			out = append(out, pkg+" imports "+path+", but it is pure: the standard library only")
		}
	}
	return out
}

func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		pkg := strings.TrimPrefix(p.ImportPath, module)
		if len(p.GoFiles)+len(p.CgoFiles) == 0 {
			continue // nothing but tests
		}
		r, ok := rule(pkg)
		if !ok {
			t.Errorf("%s has no row in the import table: add one, and a line in docs/adr/0001-shape.md", pkg)
			continue
		}
		seen[pkg] = true
		for _, fault := range faults(pkg, r, p.Imports) {
			t.Error(fault)
		}
	}
	if !seen["events"] {
		t.Error("events was not looked at: is the module's name still " + module + "?")
	}
}

func TestFaults(t *testing.T) {
	for _, c := range []struct{ pkg, path string }{
		{"events", "github.com/google/uuid"},
		{"events", "milemarker/internal/calendar"},
		{"internal/pace", "milemarker/projections"},
		{"internal/warehouse", "github.com/nats-io/nats.go"},
		{"internal/ledger", "database/sql"},
		{"internal/projector", "github.com/labstack/echo/v4"},
		{"internal/api", "milemarker/internal/warehouse"},
		{"internal/ingest", "milemarker/internal/projector"},
		{"cmd/api", "milemarker/internal/embedded/natsd"},
		{"internal/assembly", "milemarker/internal/embedded/natsd"},
		{"internal/ledger", "milemarker/internal/embedded/natsd"},
	} {
		r, ok := rule(c.pkg)
		if !ok || len(faults(c.pkg, r, []string{c.path})) != 1 {
			t.Errorf("%s may import %s", c.pkg, c.path)
		}
	}
	for _, c := range []struct{ pkg, path string }{
		{"events", "encoding/json"},
		{"internal/projector", "github.com/ThreeDotsLabs/watermill/message"},
		{"internal/embedded/clickhouse/libchdb", "github.com/ebitengine/purego"},
		{"internal/embedded/clickhouse", "milemarker/internal/embedded/clickhouse/libchdb"},
		{"cmd/milemarker", "milemarker/internal/embedded/natsd"},
	} {
		r, ok := rule(c.pkg)
		if got := faults(c.pkg, r, []string{c.path}); !ok || len(got) != 0 {
			t.Errorf("%s may not import %s: %q", c.pkg, c.path, got)
		}
	}
	if _, ok := rule("internal/util"); ok {
		t.Error("a package without a row passes")
	}
}

// listed is what this test reads of `go list -json`.
type listed struct {
	ImportPath   string
	GoFiles      []string
	CgoFiles     []string
	Imports      []string
	TestImports  []string
	XTestImports []string
}

// packages lists the module's packages as the go command sees them.
func packages(t *testing.T) []listed {
	t.Helper()
	fields := "-json=ImportPath,GoFiles,CgoFiles,Imports,TestImports,XTestImports"
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", fields, "./...")
	cmd.Dir = "../.."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("list packages: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatalf("list packages: %v", err)
		}
		all = append(all, p)
	}
}
