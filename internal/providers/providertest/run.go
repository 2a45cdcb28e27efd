package providertest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"milemarker/events"
	"milemarker/internal/providers"
)

// Run holds a provider to all promises.
func Run(t *testing.T, s Suite) {
	t.Helper()
	s = s.withDefaults()
	t.Run("About", s.about)
	t.Run("Vectors", s.vectors)
	t.Run("Signature", s.signature)
	t.Run("Golden", s.golden)
	t.Run("Replay", s.replay)
	t.Run("Unknown", s.unknown)
	t.Run("Hostile", s.hostile)
	t.Run("BigIntegers", s.bigIntegers)
	t.Run("BadTimes", func(t *testing.T) { s.times(t, badTimes) })
	t.Run("FutureTimes", func(t *testing.T) { s.times(t, futureTimes) })
	t.Run("Order", s.order)
}

// about checks that whoever connects the provider is told all there is to know.
func (s Suite) about(t *testing.T) {
	a := s.Provider.About()
	if dir, err := os.Getwd(); err != nil || a.Name != filepath.Base(dir) {
		t.Errorf("the name is %q, the folder %s (%v)", a.Name, dir, err)
	}
	if a.Title == "" || a.Verification == "" || a.Idempotency == "" || a.Category == "" || a.Confidence == "" {
		t.Errorf("title, category, verification, idempotency and confidence must be told: %+v", a)
	}
	if len(a.Steps) == 0 || !strings.Contains(strings.Join(a.Steps, "\n"), "{url}") {
		t.Error("the steps do not say where {url} goes")
	}
	if a.Secret.Name == "" || a.Secret.Where == "" {
		t.Errorf("where the secret is found is not told: %+v", a.Secret)
	}
	if a.Token != nil && len(a.Hosts) == 0 || a.Token == nil && len(a.Hosts) > 0 {
		_, certified := s.Provider.(providers.Certified)
		if !certified {
			t.Error("a token and the hosts that it goes to belong together")
		}
	}
	for _, setting := range a.Settings {
		if setting.Name == "" || setting.Help == "" {
			t.Errorf("a setting without name or help: %+v", setting)
		}
	}
	if len(a.Kinds) == 0 {
		t.Error("no kinds")
	}
	for _, kind := range a.Kinds {
		for _, typ := range kind.Events {
			if !events.Known(typ) {
				t.Errorf("%s may become %q, which is no event type", kind.Name, typ)
			}
		}
	}
}

// kind returns what About says of a kind of delivery.
func (s Suite) kind(name string) (providers.Kind, bool) {
	for _, k := range s.Provider.About().Kinds {
		if k.Name == name {
			return k, true
		}
	}
	return providers.Kind{}, false
}

// check checks one output as the recorder and the delivery log will.
func (s Suite) check(t *testing.T, out providers.Output) {
	t.Helper()
	for _, fault := range Faults(out) {
		t.Error(fault)
	}
	if len(out.Events) == 0 {
		return
	}
	kind, known := s.kind(out.Kind)
	if !known && !s.AnyKind {
		t.Errorf("About has no kind %q", out.Kind)
	}
	for _, e := range out.Events {
		if known && !slices.Contains(kind.Events, e.Draft.Type) {
			t.Errorf("About does not say that %s may become %s", out.Kind, e.Draft.Type)
		}
	}
}

// Faults lists what is wrong with an output, whatever the provider.
func Faults(out providers.Output) []string {
	var faults []string
	fault := func(text string) { faults = append(faults, text) }
	if len(out.Wants) > 0 {
		fault("details are wanted once more")
	}
	if out.Ignored != "" && len(out.Events) > 0 {
		fault("ignored, and yet there are events")
	}
	if out.Ignored == "" && len(out.Events) == 0 && out.State == nil {
		fault("no event, and no word why")
	}
	seen := map[string]bool{}
	for _, e := range out.Events {
		id := e.Draft.Type + " " + e.Key
		if e.Key == "" || out.Kind == "" || out.Key == "" {
			fault(e.Draft.Type + " comes without a key or a kind")
		}
		if seen[id] {
			fault(id + " comes twice")
		}
		seen[id] = true
		if e.Draft.ID != "" || e.Draft.Source != "" || e.Draft.Org != "" {
			fault(id + " has an id, a source or an org: those are not the provider's to give")
		}
		for _, v := range violations(e.Draft) {
			fault(id + v.Pointer + " " + v.Detail)
		}
		for _, rep := range e.Reps {
			if rep.Value == "" || rep.Kind == "" {
				fault(id + " names a rep without a kind or a value")
			}
		}
	}
	return faults
}

// checked gives a draft what only whoever runs the provider can give.
func checked(d events.Draft) (events.Draft, []events.Violation) {
	d.ID, d.Source = "wh_test", "/hooks/conn_1"
	return d.Check()
}

func violations(d events.Draft) []events.Violation {
	_, found := checked(d)
	return found
}

// golden compares the events of each delivery with those that were read and found right.
func (s Suite) golden(t *testing.T) {
	names := map[string]bool{}
	for _, d := range s.Deliveries {
		t.Run(d.Name, func(t *testing.T) {
			if names[d.Name] {
				t.Fatal("the name is taken")
			}
			names[d.Name] = true
			in := d.input(t)
			out, err := translate(s.Provider, in)
			if err != nil {
				t.Fatal(err)
			}
			s.check(t, out)
			s.private(t, out)
			s.compare(t, strings.TrimSuffix(d.Name, ".json"), s.render(t, in, out))
		})
	}
}

// compare compares got with a golden file, or writes the file.
func (s Suite) compare(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name+".json")
	if s.Update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s holds\n%s\nnow it is\n%s", path, want, got)
	}
}

// private checks that nothing of a person stands where the ledger shows it.
func (s Suite) private(t *testing.T, out providers.Output) {
	t.Helper()
	shown := []string{out.Kind, out.Key, out.Ignored}
	for _, e := range out.Events {
		draft, _ := checked(e.Draft)
		public, _, _ := draft.Split()
		shown = append(shown, e.Key, draft.Subject, draft.Rep, draft.Team, string(public))
	}
	for _, text := range shown {
		for _, personal := range s.Personal {
			if strings.Contains(text, personal) {
				t.Errorf("%q stands in clear in %s", personal, text)
			}
		}
	}
}

// render writes an output as people read it.
func (s Suite) render(t *testing.T, in providers.Input, out providers.Output) []byte {
	t.Helper()
	type event struct {
		Type    string          `json:"type"`
		Key     string          `json:"key"`
		Time    *time.Time      `json:"time,omitempty"`
		Rep     string          `json:"rep,omitempty"`
		Reps    []string        `json:"reps,omitempty"`
		Subject string          `json:"subject,omitempty"`
		Amends  bool            `json:"amends,omitempty"`
		Pending bool            `json:"pending,omitempty"`
		Data    json.RawMessage `json:"data"`
	}
	page := struct {
		Kind    string  `json:"kind"`
		Key     string  `json:"key"`
		Thread  string  `json:"thread,omitempty"`
		Ignored string  `json:"ignored,omitempty"`
		Events  []event `json:"events"`
	}{Kind: out.Kind, Key: out.Key, Ignored: out.Ignored, Events: []event{}}
	if threader, ok := s.Provider.(providers.Threader); ok {
		page.Thread = threader.Thread(in.Delivery)
	}
	for _, e := range out.Events {
		draft, _ := checked(e.Draft)
		line := event{
			Type: draft.Type, Key: e.Key, Rep: draft.Rep, Subject: draft.Subject,
			Amends: e.Amends, Pending: e.Pending, Data: draft.Data,
		}
		if !draft.Time.IsZero() {
			line.Time = &draft.Time
		}
		for _, rep := range e.Reps {
			line.Reps = append(line.Reps, string(rep.Kind)+":"+rep.Value)
		}
		page.Events = append(page.Events, line)
	}
	b, err := json.MarshalIndent(page, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(b, '\n')
}

// replay checks that the same delivery gives the same, down to the last byte.
func (s Suite) replay(t *testing.T) {
	for _, d := range s.Deliveries {
		first, err := translate(s.Provider, d.input(t))
		if err != nil {
			t.Fatal(err)
		}
		for range 3 { // maps are walked in another order each time
			again, err := translate(s.Provider, d.input(t))
			if err != nil || !reflect.DeepEqual(first, again) {
				t.Fatalf("%s: %+v became %+v, %v", d.Name, first, again, err)
			}
		}
	}
}

func (s Suite) unknown(t *testing.T) {
	out, err := translate(s.Provider, s.Unknown.input(t))
	if err != nil || len(out.Events) > 0 || out.Ignored == "" || out.Kind == "" {
		t.Errorf("a kind that is not known gave %+v, %v", out, err)
	}
}
