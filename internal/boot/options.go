package boot

import (
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Log says what is logged and how.
type Log struct {
	Level  string `name:"log-level" env:"MILEMARKER_LOG_LEVEL" enum:"debug,info,warn,error" default:"info" help:"Least level that is logged."`
	Format string `name:"log-format" env:"MILEMARKER_LOG_FORMAT" enum:"text,json" default:"text" help:"Form of log lines."`
}

// Logger returns a logger that writes to w.
func (l Log) Logger(w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		level = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: level}
	if l.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, opts))
	}
	return slog.New(slog.NewTextHandler(w, opts))
}

// HTTP says where a role listens.
type HTTP struct {
	Listen string `env:"MILEMARKER_LISTEN" default:"127.0.0.1:8080" help:"Address to listen on, host:port."`
}

// NATS says where the ledger is.
type NATS struct {
	URL      string `name:"nats-url" env:"MILEMARKER_NATS_URL" required:"" help:"NATS server, such as nats://127.0.0.1:4222; several of a cluster, separated by commas."`
	Token    string `name:"nats-token" env:"MILEMARKER_NATS_TOKEN" help:"Token for the NATS server."`
	Replicas int    `name:"nats-replicas" env:"MILEMARKER_NATS_REPLICAS" default:"1" help:"Copies of the ledger in a NATS cluster: 1, 3 or 5; the same for every role."`
}

// ClickHouse says where the read models are.
type ClickHouse struct {
	URL     string `name:"clickhouse-url" env:"CLICKHOUSE_URL" required:"" help:"ClickHouse, such as http://user:password@127.0.0.1:8123/milemarker."`
	Cluster string `name:"clickhouse-cluster" env:"MILEMARKER_CLICKHOUSE_CLUSTER" help:"Cluster of ClickHouse servers over which the read models are spread, as named in their remote_servers; the same for every role."`
}

// Secrets holds what must never be logged.
type Secrets struct {
	MasterKey string `env:"MILEMARKER_MASTER_KEY" required:"" help:"Master key: 32 bytes, base64."`
}

// FirstKey says where the first admin key goes.
type FirstKey struct {
	Data string `type:"path" env:"MILEMARKER_DATA" default:"data" help:"Folder into which the first admin key is written, if there is no key yet."`
	Org  string `env:"MILEMARKER_ORG" default:"main" help:"Org of that key."`
}

// Alerts says when alerts are raised and where they may be sent.
type Alerts struct {
	Every    time.Duration `name:"alerts-every" env:"MILEMARKER_ALERTS_EVERY" default:"1m" help:"How often to look for alerts when nothing happens."`
	Hold     time.Duration `name:"alerts-hold" env:"MILEMARKER_ALERTS_HOLD" default:"30m" help:"Working time for which a goal's new status must hold before it is told."`
	Internal Networks      `name:"alerts-internal" env:"MILEMARKER_ALERTS_INTERNAL" help:"Internal networks to which alerts may be sent, such as 10.1.0.0/16,127.0.0.1/32; none by default."`
}

// Ingest are the options of the ingest program: of the roles ingest, hooks and translator.
type Ingest struct {
	Log
	HTTP
	NATS
	Secrets
	Webhooks
}

// Projector are the options of the projector role. It listens for health checks only.
type Projector struct {
	Log
	HTTP
	NATS
	ClickHouse
	Partitions Partitions    `env:"MILEMARKER_PARTITIONS" help:"Partitions to fold: a list such as 0-7 or 1,3, no other projector's; auto to share them with all projectors that live; all by default."`
	LeaseTTL   time.Duration `env:"MILEMARKER_LEASE_TTL" default:"5s" help:"After how long the partitions of a silent projector go to others, with auto; the same for all of them."`
}

// API are the options of the api role.
type API struct {
	Log
	HTTP
	NATS
	ClickHouse
	Secrets
	FirstKey
	Public
	Alerts
	AuditKey string `env:"MILEMARKER_AUDIT_KEY" help:"Key that signs checkpoints of the ledger, to be shared by all api programs; by default the file audit.key in the data folder."`
}

// Partitions says which partitions a projector folds, read from text such as "0-7,12".
type Partitions struct {
	Auto bool  // what is due to it among all projectors that live
	Only []int // else these; none means all
}

// UnmarshalText reads ranges and numbers, separated by commas, or the word auto; nothing means all.
func (p *Partitions) UnmarshalText(b []byte) error {
	*p = Partitions{}
	if string(b) == "auto" {
		p.Auto = true
		return nil
	}
	for part := range strings.SplitSeq(string(b), ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		first, last, isRange := strings.Cut(part, "-")
		lo, err := strconv.Atoi(first)
		hi := lo
		if err == nil && isRange {
			hi, err = strconv.Atoi(last)
		}
		if err != nil || hi < lo || hi-lo > 1024 {
			return fmt.Errorf("partitions %q: want numbers and ranges such as 0-7,12, or auto", part)
		}
		for n := lo; n <= hi; n++ {
			p.Only = append(p.Only, n)
		}
	}
	return nil
}

// Variable is one environment variable that a role reads.
type Variable struct {
	Role     string // ingest, projector or api
	Name     string
	Doc      string
	Required bool
}

// Variables returns every environment variable that the roles read.
func Variables() []Variable {
	var out []Variable
	for _, role := range []struct {
		name    string
		options any
	}{{"ingest", Ingest{}}, {"projector", Projector{}}, {"api", API{}}} {
		out = append(out, variables(role.name, reflect.TypeOf(role.options))...)
	}
	return out
}

func variables(role string, t reflect.Type) []Variable {
	var out []Variable
	for f := range t.Fields() {
		if name, ok := f.Tag.Lookup("env"); ok {
			_, required := f.Tag.Lookup("required")
			out = append(out, Variable{Role: role, Name: name, Doc: f.Tag.Get("help"), Required: required})
		} else if f.Anonymous && f.Type.Kind() == reflect.Struct {
			out = append(out, variables(role, f.Type)...)
		}
	}
	return out
}
