// Package deploy_test checks, without a Docker engine, that what is deployed adds up: variables, ports, volumes, health
// checks and the NATS configuration.
package deploy_test

import (
	gocmp "cmp"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"

	"milemarker/internal/boot"
)

// rolesRead names the environment variables that each role reads.
func rolesRead() map[string][]string {
	out := map[string][]string{}
	for _, v := range boot.Variables() {
		out[v.Role] = append(out[v.Role], v.Name)
	}
	return out
}

// enginesRead names the variables that each engine's image, or its configuration file, reads.
var enginesRead = map[string][]string{
	"nats":       {"NATS_TOKEN", "NATS_NODE", "NATS_ROUTE_1", "NATS_ROUTE_2", "NATS_ROUTE_3"},
	"clickhouse": {"CLICKHOUSE_USER", "CLICKHOUSE_PASSWORD", "CLICKHOUSE_DB"},
}

// deployment is one way to run the product: a compose file, and the configuration of its NATS nodes.
type deployment struct {
	compose, nats string
	nodes         []string // the services that are NATS nodes
}

// each runs a test for every deployment.
func each(t *testing.T, test func(t *testing.T, d deployment)) {
	t.Helper()
	for _, d := range []deployment{
		{"compose.yaml", "nats.conf", []string{"nats"}},
		{"compose.cluster.yaml", "nats.cluster.conf", []string{"nats-1", "nats-2", "nats-3"}},
	} {
		t.Run(d.compose, func(t *testing.T) { test(t, d) })
	}
}

// engine is what a service that is no role runs.
func (d deployment) engine(service string) string {
	if slices.Contains(d.nodes, service) {
		return "nats"
	}
	return service
}

// secrets are values as example.env asks for them; the token begins like a number, which NATS must still read as text.
var secrets = types.Mapping{
	"MILEMARKER_MASTER_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
	"NATS_TOKEN":            "12e4567890abcdef12e4567890abcdef12e4567890abcdef12e4567890abcdef",
	"CLICKHOUSE_PASSWORD":   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
}

func TestVariables(t *testing.T) { each(t, testVariables) }

func testVariables(t *testing.T, d deployment) {
	t.Helper()
	project, roles := load(t, d, secrets), rolesRead()
	for name, service := range project.Services {
		reads, isRole := roles[name]
		if !isRole {
			reads = enginesRead[d.engine(name)]
		}
		for key, value := range service.Environment {
			if !slices.Contains(reads, key) {
				t.Errorf("%s is given %s, which it does not read", name, key)
			}
			if value != nil && *value == "" { // nil is passed on only when the environment has it
				t.Errorf("%s is given an empty %s", name, key)
			}
		}
		if isRole {
			if got, want := service.Command, (types.ShellCommand{"/usr/bin/" + name}); !cmp.Equal(got, want) {
				t.Errorf("%s runs %q, want %q", name, got, want)
			}
		}
	}
	for _, v := range boot.Variables() {
		if v.Required && value(project.Services[v.Role].Environment, v.Name) == "" {
			t.Errorf("%s is not given %s, without which it does not start", v.Role, v.Name)
		}
	}
	if got, want := len(project.Services), len(roles)+len(d.nodes)+1; got != want {
		t.Errorf("%d services, want %d: each role and each engine", got, want)
	}
}

// What an operator says of alerts reaches the role that raises them.
func TestAlertsAreSetFromOutside(t *testing.T) {
	each(t, func(t *testing.T, d deployment) {
		t.Helper()
		said := map[string]string{
			"MILEMARKER_ALERTS_EVERY": "5m", "MILEMARKER_ALERTS_HOLD": "45m", "MILEMARKER_ALERTS_INTERNAL": "10.1.0.0/16",
		}
		env := maps.Clone(secrets)
		maps.Copy(env, said)
		api := load(t, d, env).Services["api"].Environment
		for _, name := range rolesRead()["api"] {
			if strings.HasPrefix(name, "MILEMARKER_ALERTS_") && (said[name] == "" || value(api, name) != said[name]) {
				t.Errorf("%s is %q, want %q", name, value(api, name), said[name])
			}
		}
	})
}

func TestSecretsAreAskedFor(t *testing.T) { each(t, testSecretsAreAskedFor) }

func testSecretsAreAskedFor(t *testing.T, d deployment) {
	t.Helper()
	if got, want := variables(t, "example.env"), slices.Sorted(maps.Keys(secrets)); !cmp.Equal(got, want) {
		t.Errorf("example.env asks for other secrets than the test knows: %s", cmp.Diff(want, got))
	}
	for name := range secrets {
		without := maps.Clone(secrets)
		without[name] = ""
		if _, err := parse(t, d, without); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("an empty %s is accepted: %v", name, err)
		}
	}
}

func TestAddresses(t *testing.T) { each(t, testAddresses) }

func testAddresses(t *testing.T, d deployment) {
	t.Helper()
	project, broker := load(t, d, secrets), natsOptions(t, d)
	roles := rolesRead()
	for name := range roles {
		env := project.Services[name].Environment
		deps := project.Services[name].DependsOn

		var hosts, want []string
		for raw := range strings.SplitSeq(value(env, "MILEMARKER_NATS_URL"), ",") {
			hosts = append(hosts, parseURL(t, raw).Host)
		}
		for _, node := range d.nodes {
			want = append(want, node+":"+strconv.Itoa(broker.Port))
		}
		if !cmp.Equal(hosts, want) {
			t.Errorf("%s looks for NATS at %q, want %q", name, hosts, want)
		}
		if got, want := gocmp.Or(value(env, "MILEMARKER_NATS_REPLICAS"), "1"), strconv.Itoa(len(d.nodes)); got != want {
			t.Errorf("%s asks for %s copies on %s nodes", name, got, want)
		}
		if value(env, "MILEMARKER_NATS_TOKEN") != broker.Authorization {
			t.Errorf("%s has another token than NATS", name)
		}
		needed := slices.Clone(d.nodes)

		if raw := value(env, "CLICKHOUSE_URL"); raw != "" {
			needed = append(needed, "clickhouse")
			u, engine := parseURL(t, raw), project.Services["clickhouse"].Environment
			password, _ := u.User.Password()
			got := []string{u.Scheme, u.Host, u.User.Username(), password, strings.Trim(u.Path, "/")}
			want := []string{
				"http", "clickhouse:8123",
				value(engine, "CLICKHOUSE_USER"), value(engine, "CLICKHOUSE_PASSWORD"), value(engine, "CLICKHOUSE_DB"),
			}
			if !cmp.Equal(got, want) {
				t.Errorf("%s reaches for another ClickHouse: %s", name, cmp.Diff(want, got))
			}
		}
		if got := slices.Sorted(maps.Keys(deps)); !cmp.Equal(got, slices.Sorted(slices.Values(needed))) {
			t.Errorf("%s depends on %q, want %q", name, got, needed)
		}
		for engine, how := range deps {
			if how.Condition != types.ServiceConditionHealthy {
				t.Errorf("%s does not wait until %s is healthy", name, engine)
			}
		}
	}
}

func TestPorts(t *testing.T) { each(t, testPorts) }

func testPorts(t *testing.T, d deployment) {
	t.Helper()
	published := map[string]string{}
	for name, service := range load(t, d, secrets).Services {
		for _, port := range service.Ports {
			if port.HostIP != "127.0.0.1" {
				t.Errorf("%s publishes %s on %q: loopback only", name, port.Published, port.HostIP)
			}
			if other, taken := published[port.Published]; taken {
				t.Errorf("%s and %s both publish %s", name, other, port.Published)
			}
			published[port.Published] = name
			if _, listens, _ := strings.Cut(value(service.Environment, "MILEMARKER_LISTEN"), ":"); listens != strconv.Itoa(int(port.Target)) {
				t.Errorf("%s publishes port %d but listens on %q", name, port.Target, listens)
			}
		}
	}
	if got := slices.Sorted(maps.Values(published)); !cmp.Equal(got, []string{"api", "ingest"}) {
		t.Errorf("%q publish ports, want api and ingest", got)
	}
}

func TestVolumes(t *testing.T) { each(t, testVolumes) }

func testVolumes(t *testing.T, d deployment) {
	t.Helper()
	project, broker := load(t, d, secrets), natsOptions(t, d)
	used := map[string]string{}
	for name, service := range project.Services {
		for _, v := range service.Volumes {
			switch v.Type {
			case types.VolumeTypeVolume:
				if other, taken := used[v.Source]; taken {
					t.Errorf("%s and %s share the volume %s", name, other, v.Source)
				}
				used[v.Source] = name
			case types.VolumeTypeBind:
				if _, err := os.Stat(v.Source); err != nil || !v.ReadOnly {
					t.Errorf("%s binds %s: read-only %v, %v", name, v.Source, v.ReadOnly, err)
				}
			}
		}
	}
	if got, want := slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(project.Volumes)); !cmp.Equal(got, want) {
		t.Errorf("volumes used and declared differ: %s", cmp.Diff(want, got))
	}
	folders := map[string]string{
		"clickhouse": "/var/lib/clickhouse",
		"api":        value(project.Services["api"].Environment, "MILEMARKER_DATA"),
	}
	for _, node := range d.nodes {
		folders[node] = broker.StoreDir
	}
	for name, folder := range folders {
		volumes := project.Services[name].Volumes
		if !slices.ContainsFunc(volumes, func(v types.ServiceVolumeConfig) bool {
			return v.Type == types.VolumeTypeVolume && v.Target == folder
		}) {
			t.Errorf("%s keeps its data in %s, which is on no volume", name, folder)
		}
	}
}

func TestHealthChecks(t *testing.T) { each(t, testHealthChecks) }

func testHealthChecks(t *testing.T, d deployment) {
	t.Helper()
	project, broker := load(t, d, secrets), natsOptions(t, d)
	want := map[string]string{"clickhouse": "http://127.0.0.1:8123/ping"}
	for _, node := range d.nodes {
		want[node] = "http://127.0.0.1:" + strconv.Itoa(broker.HTTPPort) + "/healthz"
		if len(d.nodes) > 1 {
			want[node] += "?js-server-only=true" // the whole is healthy only when they are all there
		}
	}
	for role := range rolesRead() {
		_, port, _ := strings.Cut(value(project.Services[role].Environment, "MILEMARKER_LISTEN"), ":")
		want[role] = "http://127.0.0.1:" + port + "/healthz"
	}
	got := map[string]string{}
	for name, service := range project.Services {
		if h := service.HealthCheck; h != nil && !h.Disable && len(h.Test) > 1 && h.Test[0] == "CMD" {
			got[name] = h.Test[len(h.Test)-1]
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("health checks (-want +got):\n%s", diff)
	}
}

func TestNATSIsDurable(t *testing.T) { each(t, testNATSIsDurable) }

func testNATSIsDurable(t *testing.T, d deployment) {
	t.Helper()
	o := natsOptions(t, d)
	if !o.JetStream || !o.SyncAlways || o.StoreDir == "" {
		t.Errorf("JetStream %v, sync always %v, folder %q: acknowledged events could be lost", o.JetStream, o.SyncAlways, o.StoreDir)
	}
	if o.Authorization != secrets["NATS_TOKEN"] {
		t.Errorf("token %q is not the one in the environment", o.Authorization)
	}
}

// load parses the compose file and fails the test on any fault.
func load(t *testing.T, d deployment, env types.Mapping) *types.Project {
	t.Helper()
	project, err := parse(t, d, env)
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// parse reads the compose file as docker compose would, with env in place of the environment.
func parse(t *testing.T, d deployment, env types.Mapping) (*types.Project, error) {
	t.Helper()
	folder, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  folder,
		ConfigFiles: []types.ConfigFile{{Filename: d.compose}},
		Environment: maps.Clone(env), // the loader writes to it
	})
}

// natsOptions reads the NATS configuration with NATS's own parser.
func natsOptions(t *testing.T, d deployment) *server.Options {
	t.Helper()
	for name, text := range load(t, d, secrets).Services[d.nodes[0]].Environment {
		t.Setenv(name, *text)
	}
	o, err := server.ProcessConfigFile(d.nats)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// variables lists the names that an env file sets, commented lines aside.
func variables(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^([A-Z_]+)=`).FindAllStringSubmatch(string(text), -1) {
		names = append(names, m[1])
	}
	slices.Sort(names)
	return names
}

// value returns what env sets key to, "" when it does not.
func value(env types.MappingWithEquals, key string) string {
	if v := env[key]; v != nil {
		return *v
	}
	return ""
}

func parseURL(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// The nodes of a cluster know themselves and each other by name, and admit nobody else.
func TestNATSNodesFindEachOther(t *testing.T) {
	each(t, func(t *testing.T, d deployment) {
		t.Helper()
		if len(d.nodes) == 1 {
			if routes := natsOptions(t, d).Routes; len(routes) > 0 {
				t.Errorf("a node alone looks for others: %v", routes)
			}
			return
		}
		project := load(t, d, secrets)
		for _, node := range d.nodes {
			service := project.Services[node]
			if got := value(service.Environment, "NATS_NODE"); got != node {
				t.Errorf("%s calls itself %s", node, got)
			}
			if !slices.ContainsFunc(service.Volumes, func(v types.ServiceVolumeConfig) bool {
				return filepath.Base(v.Source) == d.nats && v.Target == service.Command[1]
			}) {
				t.Errorf("%s does not read %s", node, d.nats)
			}
		}
		o := natsOptions(t, d)
		if o.Cluster.Name == "" || o.Cluster.Username == "" || o.Cluster.Password != secrets["NATS_TOKEN"] {
			t.Errorf("cluster %q admits %q with %q", o.Cluster.Name, o.Cluster.Username, o.Cluster.Password)
		}
		var routes, want []string
		for _, r := range o.Routes {
			password, _ := r.User.Password()
			if r.User.Username() != o.Cluster.Username || password != o.Cluster.Password {
				t.Errorf("route %s with %s and %s", r.Host, r.User.Username(), password)
			}
			routes = append(routes, r.Host)
		}
		for _, node := range d.nodes {
			want = append(want, node+":"+strconv.Itoa(o.Cluster.Port))
		}
		if diff := cmp.Diff(want, routes); diff != "" {
			t.Errorf("routes (-want +got):\n%s", diff)
		}
	})
}

// In a cluster there are several projectors, which share the partitions.
func TestProjectorsShare(t *testing.T) {
	each(t, func(t *testing.T, d deployment) {
		t.Helper()
		p := load(t, d, secrets).Services["projector"]
		several := p.Deploy != nil && p.Deploy.Replicas != nil && *p.Deploy.Replicas > 1
		if auto := value(p.Environment, "MILEMARKER_PARTITIONS") == "auto"; auto != several || several != (len(d.nodes) > 1) {
			t.Errorf("several projectors: %v, partitions shared: %v", several, auto)
		}
	})
}
