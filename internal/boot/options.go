package boot

import (
	"fmt"
	"io"
	"log/slog"
	"reflect"
	"strconv"
	"strings"
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
	URL      string `name:"nats-url" env:"MILEMARKER_NATS_URL" required:"" help:"NATS server, such as nats://127.0.0.1:4222."`
	Token    string `name:"nats-token" env:"MILEMARKER_NATS_TOKEN" help:"Token for the NATS server."`
	Replicas int    `name:"nats-replicas" env:"MILEMARKER_NATS_REPLICAS" default:"1" help:"Copies of the ledger in a NATS cluster: 1, 3 or 5."`
}

// ClickHouse says where the read models are.
type ClickHouse struct {
	URL string `name:"clickhouse-url" env:"CLICKHOUSE_URL" required:"" help:"ClickHouse, such as http://user:password@127.0.0.1:8123/milemarker."`
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

// Ingest are the options of the ingest role.
type Ingest struct {
	Log
	HTTP
	NATS
	Secrets
}

// Projector are the options of the projector role. It listens for health checks only.
type Projector struct {
	Log
	HTTP
	NATS
	ClickHouse
	Partitions Partitions `env:"MILEMARKER_PARTITIONS" help:"Partitions to fold, such as 0-7 or 1,3; all by default."`
}

// API are the options of the api role.
type API struct {
	Log
	HTTP
	NATS
	ClickHouse
	Secrets
	FirstKey
	AuditKey string `env:"MILEMARKER_AUDIT_KEY" help:"Key that signs checkpoints of the ledger, to be shared by all api programs; by default the file audit.key in the data folder."`
}

// Partitions is a list of partitions, read from text such as "0-7,12".
type Partitions []int

// UnmarshalText reads ranges and numbers, separated by commas; nothing means all.
func (p *Partitions) UnmarshalText(b []byte) error {
	*p = nil
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
			return fmt.Errorf("partitions %q: want numbers and ranges such as 0-7,12", part)
		}
		for n := lo; n <= hi; n++ {
			*p = append(*p, n)
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
