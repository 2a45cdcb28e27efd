package assembly

import (
	"context"
	"errors"
	"io/fs"
	"maps"
	"time"

	"milemarker/internal/connections"
	"milemarker/internal/ledger"
	"milemarker/internal/mapping"
)

// openMappings opens the stored mappings. They are watched until ctx is done.
func openMappings(ctx context.Context, l *ledger.Ledger, now func() time.Time) (*mapping.Store, error) {
	bucket, err := l.Bucket(ctx, "mappings")
	if err != nil {
		return nil, err
	}
	return mapping.OpenStore(ctx, bucket, now)
}

// mappedConnections are connections as the translator sees them: where the setting names a stored mapping, the document
// stands in its place, in its last version. A name that is not stored stays: the adapter says so.
type mappedConnections struct {
	*connections.Connections

	mappings *mapping.Store
}

// Get implements translator.Connections.
func (c mappedConnections) Get(id string) (connections.Connection, bool) {
	one, ok := c.Connections.Get(id)
	name := one.Settings[mapping.SettingName]
	if !ok || !mapping.ValidName(name) {
		return one, ok
	}
	stored, err := c.mappings.Get(one.Org, name, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return one, ok
	}
	one.Settings = maps.Clone(one.Settings)
	one.Settings[mapping.SettingName] = stored.Text
	return one, ok
}
