package acceptance

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const mapping = "../../docs/examples/crm-opportunities/mapping.yaml"

// crm is an invented file of opportunities in the shape of the example, with the sums that an import must give, counted
// straight from the rows.
type crm struct {
	path     string
	sums     map[string]string // "signups 2023-03-01 ann-field" -> "12 3456"
	won      uint64
	lost     uint64
	position int // events that the file makes
}

func writeCRM(t *testing.T, rows int) crm {
	t.Helper()
	r := rand.New(rand.NewPCG(7, 7))
	dir := t.TempDir()
	c := crm{path: filepath.Join(dir, "sales_pipeline.csv"), sums: map[string]string{}}
	agents := []string{"Ann Field", "Bo Marsh", "Cy Rivers", "Di Woods"}
	create := func(name string) (*os.File, *csv.Writer) {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return f, csv.NewWriter(f)
	}
	finish := func(f *os.File, w *csv.Writer) {
		w.Flush()
		if err := w.Error(); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	f, w := create("sales_teams.csv")
	_ = w.Write([]string{"sales_agent", "manager", "regional_office"}) // Flush reports the error
	for i, a := range agents {
		_ = w.Write([]string{a, []string{"Moe North", "Sue South"}[i%2], "Central"})
	}
	finish(f, w)
	type sum struct{ n, value int }
	signups := map[string]sum{}
	f, w = create("sales_pipeline.csv")
	_ = w.Write([]string{"opportunity_id", "sales_agent", "product", "account", "deal_stage", "engage_date", "close_date", "close_value"})
	for i := range rows {
		agent := agents[r.IntN(len(agents))]
		engaged := time.Date(2022, 10, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(400))
		closed := engaged.AddDate(0, 0, r.IntN(90))
		stage, value := []string{"Won", "Won", "Lost", "Engaging", "Prospecting"}[r.IntN(5)], r.IntN(6000)
		row := []string{fmt.Sprintf("OPP%05d", i), agent, "GTXPro", "Account, " + agent, stage, "", "", ""}
		if stage != "Prospecting" {
			row[5] = engaged.Format("1/2/2006")
			c.position++
		}
		switch stage {
		case "Won":
			row[6], row[7] = closed.Format("1/2/2006"), fmt.Sprint(value)
			rep := strings.ReplaceAll(strings.ToLower(agent), " ", "-")
			key := closed.Format("2006-01") + "-01 " + rep
			signups[key] = sum{signups[key].n + 1, signups[key].value + value}
			c.won++
			c.position++
		case "Lost":
			row[6], row[7] = closed.Format("1/2/2006"), "0"
			c.lost++
			c.position++
		}
		_ = w.Write(row)
	}
	finish(f, w)
	for k, s := range signups {
		c.sums[k] = fmt.Sprint(s.n, " ", s.value)
	}
	return c
}

// importFile runs the import command and returns what it printed.
func importFile(t *testing.T, p product, path string) string {
	t.Helper()
	return milemarker(t, "import", "--mapping", mapping, "--server", p.ingest, "--key", p.key, path)
}

func importCRM(t *testing.T, p product) {
	t.Helper()
	p = newOrg(t, p, "crm")
	file := writeCRM(t, 3000)
	out := importFile(t, p, file.path)
	if want := fmt.Sprintf("appended %d, duplicate 0, conflict 0", file.position); !strings.Contains(out, want) {
		t.Fatalf("import said %s, want %s", out, want)
	}
	checkCRM(t, p, file)
	again := importFile(t, p, file.path)
	if want := fmt.Sprintf("appended 0, duplicate %d, conflict 0", file.position); !strings.Contains(again, want) {
		t.Errorf("second import said %s, want %s", again, want)
	}
	checkCRM(t, p, file)
	yearIsItsMonths(t, p)
}

// lastPosition is the position of the newest event of the org.
func lastPosition(p product) uint64 {
	p.t.Helper()
	_, answer := p.record(fmt.Sprintf(`{"specversion":"1.0","id":"mark-%d","source":"/test","type":"hassle.resolved","data":{"hassle":"h1"}}`, time.Now().UnixNano()))
	return answer.Position
}

func checkCRM(t *testing.T, p product, file crm) {
	t.Helper()
	position := lastPosition(p)
	const span = "&from=2022-01-01&to=2024-12-31"
	if won, lost := p.count(position, "metric=signups"+span), p.count(position, "metric=proposals_declined"+span); won != file.won || lost != file.lost {
		t.Errorf("won %d, lost %d; want %d and %d", won, lost, file.won, file.lost)
	}
	got := map[string]string{}
	counts := map[string]uint64{}
	for _, row := range p.metrics(position, "metric=signups&metric=signup_amount&grain=month&group_by=rep"+span) {
		key := row.From + " " + row.Group["rep"]
		switch {
		case row.N == 0:
		case row.Metric == "signups":
			counts[key] = row.N
		default:
			got[key] = fmt.Sprint(row.N, " ", row.Value)
		}
	}
	for key, n := range counts {
		if !strings.HasPrefix(got[key], fmt.Sprint(n, " ")) {
			t.Errorf("%s: %d sign-ups, amounts of %s", key, n, got[key])
		}
	}
	if diff := cmp.Diff(file.sums, got); diff != "" {
		t.Errorf("sign-ups by month and agent (-want +got):\n%s", diff)
	}
}

// yearIsItsMonths compares the year with the sum of its months, for every type of event.
func yearIsItsMonths(t *testing.T, p product) {
	t.Helper()
	sum := func(grain string) map[string]uint64 {
		out := map[string]uint64{}
		for _, row := range p.metrics(0, "metric=events&group_by=type&from=2023-01-01&to=2023-12-31&grain="+grain) {
			if row.N > 0 {
				out[row.Group["type"]] += row.N
			}
		}
		return out
	}
	year := sum("year")
	if len(year) < 3 {
		t.Errorf("the year has only %v", year)
	}
	for _, grain := range []string{"quarter", "month", "week", "day"} {
		if diff := cmp.Diff(year, sum(grain)); diff != "" {
			t.Errorf("year against its %ss (-year +%ss):\n%s", grain, grain, diff)
		}
	}
}
