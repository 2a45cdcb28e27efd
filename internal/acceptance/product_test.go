package acceptance

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// product is the product as it runs: where it is, and the first admin key.
type product struct {
	t      *testing.T
	ingest string // base address for recording
	api    string // base address for asking
	key    string
	data   string   // the folder in which the operator's commands find the server
	env    []string // of the roles, where they run apart
}

// as returns the product as the holder of another key sees it.
func (p product) as(key string) product {
	p.key = key
	return p
}

// startAllInOne runs everything in one process, on a data folder.
func startAllInOne(t *testing.T, data string) (product, *process) {
	t.Helper()
	server := start(t, nil, "milemarker", "serve", "--data", data, "--listen", "127.0.0.1:0", "--log-level", "warn")
	link, err := url.Parse(server.ready)
	if err != nil {
		t.Fatal(err)
	}
	base := link.Scheme + "://" + link.Host
	return product{t: t, ingest: base, api: base, key: adminKey(t, data), data: data}, server
}

// startSplit runs the engines and each role in processes of their own.
func startSplit(t *testing.T) product {
	t.Helper()
	data := t.TempDir()
	secret := func() string { return rand.Text() }
	nats, clickhouse := freeAddress(t), freeAddress(t)
	token, password := secret(), secret()
	start(t, nil, "milemarker", "engines", "--data", filepath.Join(data, "engines"), "--log-level", "warn",
		"--nats-listen", nats, "--nats-token", token, "--clickhouse-listen", clickhouse, "--clickhouse-password", password)
	master := make([]byte, 32)
	_, _ = rand.Read(master) // never fails
	env := []string{
		"MILEMARKER_NATS_URL=nats://" + nats, "MILEMARKER_NATS_TOKEN=" + token,
		"CLICKHOUSE_URL=http://milemarker:" + password + "@" + clickhouse + "/milemarker",
		"MILEMARKER_MASTER_KEY=" + base64.StdEncoding.EncodeToString(master),
		"MILEMARKER_LISTEN=127.0.0.1:0", "MILEMARKER_DATA=" + data, "MILEMARKER_LOG_LEVEL=warn",
	}
	api := start(t, env, "api")
	ingest := start(t, env, "ingest")
	projector := start(t, env, "projector")
	for _, p := range []*process{api, ingest, projector} {
		if status, body := get(t, p.ready+"/healthz", ""); status != http.StatusOK {
			t.Errorf("%s/healthz: %d %s", p.ready, status, body)
		}
	}
	return product{t: t, ingest: ingest.ready, api: api.ready, key: adminKey(t, data), data: data, env: env}
}

func adminKey(t *testing.T, data string) string {
	t.Helper()
	path := filepath.Join(data, "admin.key")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("admin.key has mode %v (%v), want 0600", info.Mode(), err)
	}
	return strings.TrimSpace(string(b))
}

// freeAddress returns a loopback address on which nobody listens at this moment.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}

// do sends a request with the product's key and returns the status and the body. A server that says that it is not that far
// yet is asked again, for a minute.
func (p product) do(method, address, contentType string, body []byte, header ...string) (int, []byte) {
	p.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		status, answer, err := p.try(method, address, contentType, body, header...)
		if err != nil {
			p.t.Fatal(err)
		}
		if status != http.StatusServiceUnavailable || time.Now().After(deadline) {
			return status, answer
		}
	}
}

// try is do for a server that may be gone.
func (p product) try(method, address, contentType string, body []byte, header ...string) (int, []byte, error) {
	req, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	if p.key != "" {
		req.Header.Set("Authorization", "Bearer "+p.key)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	return res.StatusCode, answer, err
}

func get(t *testing.T, address, key string) (int, []byte) {
	t.Helper()
	return product{t: t, key: key}.do("GET", address, "", nil)
}

// ask sends a GET and reads the JSON answer; the test fails unless the status is 200.
func (p product) ask(path string, out any) {
	p.t.Helper()
	status, body := p.do("GET", p.api+path, "", nil)
	if status != http.StatusOK {
		p.t.Fatalf("GET %s: %d %s", path, status, body)
	}
	if err := json.Unmarshal(body, out); err != nil {
		p.t.Fatalf("GET %s: %v in %s", path, err, body)
	}
}

// receipt is the answer to one recorded event.
type receipt struct {
	ID       string `json:"id"`
	Outcome  string `json:"outcome"`
	Position uint64 `json:"position"`
}

// batchAnswer is the answer to a batch.
type batchAnswer struct {
	Results  []receipt `json:"results"`
	Position uint64    `json:"position"`
}

// record sends events as one batch.
func (p product) record(events ...string) (int, batchAnswer) {
	p.t.Helper()
	status, body := p.do("POST", p.ingest+"/v1/events", "application/cloudevents-batch+json",
		[]byte("["+strings.Join(events, ",")+"]"))
	var answer batchAnswer
	if err := json.Unmarshal(body, &answer); err != nil {
		p.t.Fatalf("POST /v1/events: %d %s", status, body)
	}
	return status, answer
}

// call is a call event on a day.
func call(id, rep, day, outcome string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"/test","type":"call.completed","time":"%sT15:00:00Z",`+
		`"rep":%q,"data":{"direction":"outbound","outcome":%q,"seconds":120}}`, id, day, rep, outcome)
}

// metricRow is a row of /v1/metrics.
type metricRow struct {
	Metric   string            `json:"metric"`
	From     string            `json:"from"`
	Group    map[string]string `json:"group"`
	Currency string            `json:"currency"`
	Value    any               `json:"value"`
	N        uint64            `json:"n"`
	Events   string            `json:"events"`
}

// metrics asks /v1/metrics for what stands at a position or later.
func (p product) metrics(position uint64, query string) []metricRow {
	p.t.Helper()
	var answer struct {
		Position uint64      `json:"position"`
		Rows     []metricRow `json:"rows"`
	}
	p.ask(fmt.Sprintf("/v1/metrics?%s&min_position=%d", query, position), &answer)
	if answer.Position < position {
		p.t.Fatalf("metrics reflect position %d, want at least %d", answer.Position, position)
	}
	return answer.Rows
}

// count asks for one number.
func (p product) count(position uint64, query string) uint64 {
	p.t.Helper()
	rows := p.metrics(position, query)
	if len(rows) != 1 {
		p.t.Fatalf("metrics %s: %d rows, want 1", query, len(rows))
	}
	return rows[0].N
}
