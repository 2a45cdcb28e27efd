package warehouse

import (
	"os"
	"testing"

	"milemarker/internal/embedded/clickhouse/chtest"
)

func TestMain(m *testing.M) { os.Exit(chtest.Main(m)) }
