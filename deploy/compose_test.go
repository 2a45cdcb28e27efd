// Package deploy_test checks, without a Docker engine, that what is deployed adds up: variables, ports, volumes, health
// checks and the NATS configuration.
package deploy_test

import (
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
	"nats":       {"NATS_TOKEN"},
	"clickhouse": {"CLICKHOUSE_USER", "CLICKHOUSE_PASSWORD", "CLICKHOUSE_DB"},
}

// secrets are values as example.env asks for them; the token begins like a number, which NATS must still read as text.
var secrets = types.Mapping{
	"MILEMARKER_MASTER_KEY": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
	"NATS_TOKEN":            "12e4567890abcdef12e4567890abcdef12e4567890abcdef12e4567890abcdef",
	"CLICKHOUSE_PASSWORD":   "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
}

func TestVariables(t *testing.T) {
	project, roles := load(t, secrets), rolesRead()
	for name, service := range project.Services {
		reads, isRole := roles[name]
		if !isRole {
			reads = enginesRead[name]
		}
		for key, value := range service.Environment {
			if !slices.Contains(reads, key) {
				t.Errorf("%s is given %s, which it does not read", name, key)
			}
			if value == nil || *value == "" {
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
		if _, set := project.Services[v.Role].Environment[v.Name]; v.Required && !set {
			t.Errorf("%s is not given %s, without which it does not start", v.Role, v.Name)
		}
	}
	if got, want := len(project.Services), len(roles)+len(enginesRead); got != want {
		t.Errorf("%d services, want %d: each role and each engine", got, want)
	}
}

func TestSecretsAreAskedFor(t *testing.T) {
	if got, want := variables(t, "example.env"), slices.Sorted(maps.Keys(secrets)); !cmp.Equal(got, want) {
		t.Errorf("example.env asks for other secrets than the test knows: %s", cmp.Diff(want, got))
	}
	for name := range secrets {
		without := maps.Clone(secrets)
		without[name] = ""
		if _, err := parse(t, without); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("an empty %s is accepted: %v", name, err)
		}
	}
}

func TestAddresses(t *testing.T) {
	project, broker := load(t, secrets), natsOptions(t)
	roles := rolesRead()
	for name := range roles {
		env := project.Services[name].Environment
		deps := project.Services[name].DependsOn

		natsURL := parseURL(t, value(env, "MILEMARKER_NATS_URL"))
		if natsURL.Host != "nats:"+strconv.Itoa(broker.Port) {
			t.Errorf("%s looks for NATS at %s, which listens on port %d", name, natsURL.Host, broker.Port)
		}
		if value(env, "MILEMARKER_NATS_TOKEN") != broker.Authorization {
			t.Errorf("%s has another token than NATS", name)
		}
		needed := []string{"nats"}

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

func TestPorts(t *testing.T) {
	published := map[string]string{}
	for name, service := range load(t, secrets).Services {
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

func TestVolumes(t *testing.T) {
	project, broker := load(t, secrets), natsOptions(t)
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
	for name, folder := range map[string]string{
		"nats": broker.StoreDir, "clickhouse": "/var/lib/clickhouse",
		"api": value(project.Services["api"].Environment, "MILEMARKER_DATA"),
	} {
		volumes := project.Services[name].Volumes
		if !slices.ContainsFunc(volumes, func(v types.ServiceVolumeConfig) bool {
			return v.Type == types.VolumeTypeVolume && v.Target == folder
		}) {
			t.Errorf("%s keeps its data in %s, which is on no volume", name, folder)
		}
	}
}

func TestHealthChecks(t *testing.T) {
	project, broker := load(t, secrets), natsOptions(t)
	want := map[string]string{
		"nats":       "http://127.0.0.1:" + strconv.Itoa(broker.HTTPPort) + "/healthz",
		"clickhouse": "http://127.0.0.1:8123/ping",
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

func TestNATSIsDurable(t *testing.T) {
	o := natsOptions(t)
	if !o.JetStream || !o.SyncAlways || o.StoreDir == "" {
		t.Errorf("JetStream %v, sync always %v, folder %q: acknowledged events could be lost", o.JetStream, o.SyncAlways, o.StoreDir)
	}
	if o.Authorization != secrets["NATS_TOKEN"] {
		t.Errorf("token %q is not the one in the environment", o.Authorization)
	}
}

// load parses the compose file and fails the test on any fault.
func load(t *testing.T, env types.Mapping) *types.Project {
	t.Helper()
	project, err := parse(t, env)
	if err != nil {
		t.Fatal(err)
	}
	return project
}

// parse reads the compose file as docker compose would, with env in place of the environment.
func parse(t *testing.T, env types.Mapping) (*types.Project, error) {
	t.Helper()
	folder, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	return loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir:  folder,
		ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml"}},
		Environment: maps.Clone(env), // the loader writes to it
	})
}

// natsOptions reads the NATS configuration with NATS's own parser.
func natsOptions(t *testing.T) *server.Options {
	t.Helper()
	t.Setenv("NATS_TOKEN", secrets["NATS_TOKEN"])
	o, err := server.ProcessConfigFile("nats.conf")
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
