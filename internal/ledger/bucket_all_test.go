package ledger_test

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"milemarker/internal/ledger"
)

// many returns keys with a value each.
func many(prefix string, n int) (keys []string, values [][]byte) {
	for i := range n {
		keys, values = append(keys, fmt.Sprint(prefix, ".", i)), append(values, fmt.Append(nil, "value of ", prefix, i))
	}
	return keys, values
}

func TestCreateAll(t *testing.T) {
	n := startNode(t)
	b := bucket(t, n.open(t))
	ctx := t.Context()
	keys, values := many("a", 2300)
	created, err := b.CreateAll(ctx, keys, values)
	if err != nil || len(created) != len(keys) || slices.Contains(created, false) {
		t.Fatalf("created %d of %d: %v", len(created), len(keys), err)
	}
	for _, i := range []int{0, 999, 1000, 2299} {
		if v, err := b.Get(ctx, keys[i]); err != nil || string(v) != string(values[i]) {
			t.Errorf("%s is %q (%v)", keys[i], v, err)
		}
	}
	// Some are there, one was deleted, the others are new: all of which is told one by one.
	must(t, b.Delete(ctx, "a.1"))
	mixed := []string{"b.0", "a.0", "a.1", "b.1"}
	created, err = b.CreateAll(ctx, mixed, [][]byte{{1}, {2}, {3}, {4}})
	if err != nil || !slices.Equal(created, []bool{true, false, true, true}) {
		t.Errorf("mixed: %v (%v)", created, err)
	}
	if v, err := b.Get(ctx, "a.0"); err != nil || string(v) != "value of a0" {
		t.Errorf("a value that stood is %q (%v)", v, err)
	}
	if v, err := b.Get(ctx, "a.1"); err != nil || string(v) != "\x03" {
		t.Errorf("a value after a deletion is %q (%v)", v, err)
	}
	if none, err := b.CreateAll(ctx, nil, nil); err != nil || len(none) != 0 {
		t.Errorf("nothing: %v (%v)", none, err)
	}
	for _, bad := range []string{"", "no key", "a..b", "a.", "*", "a.>"} {
		if _, err := b.CreateAll(ctx, []string{"c.0", bad}, [][]byte{{1}, {2}}); !errors.Is(err, jetstream.ErrInvalidKey) {
			t.Errorf("key %q: %v", bad, err)
		}
	}
	if _, err := b.Get(ctx, "c.0"); err == nil {
		t.Error("half of what could not be created is there")
	}
	n.restart() // durable
	for _, key := range []string{"a.0", "a.2299", "b.1"} {
		must(t, retry(t, func() error { _, err := b.Get(ctx, key); return err }))
	}
}

// Several that create the same keys at the same time agree on who was first.
func TestCreateAllHasOneWinner(t *testing.T) {
	b := bucket(t, startNode(t).open(t))
	keys, _ := many("k", 100)
	var won [100]atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			_, values := many("k", 100)
			created, err := b.CreateAll(t.Context(), keys, values)
			if err != nil {
				t.Error(err)
			}
			for i, c := range created {
				if c {
					won[i].Add(1)
				}
			}
		})
	}
	all.Wait()
	for i := range won {
		if n := won[i].Load(); n != 1 {
			t.Errorf("%s has %d winners", keys[i], n)
		}
	}
}

func TestDeleteDestroysBytesOfABatch(t *testing.T) {
	n := startNode(t)
	b := bucket(t, n.open(t))
	secret := []byte("a key of a batch that must be forgotten")
	_, err := b.CreateAll(t.Context(), []string{"p_1", "p_2"}, [][]byte{secret, []byte("stays")})
	must(t, err)
	must(t, b.Delete(t.Context(), "p_1"))
	if found := filesWith(t, n.dir, secret); len(found) != 0 {
		t.Errorf("the value is still in %v", found)
	}
}

// A bucket that was made before batches were allowed is opened, and takes them.
func TestOlderBucketTakesBatches(t *testing.T) {
	n := startNode(t)
	l := n.open(t)
	b := bucket(t, l)
	must(t, b.Create(t.Context(), "k", []byte("v")))
	nc, err := nats.Connect("", nats.InProcessServer(n))
	must(t, err)
	defer nc.Close()
	js, err := jetstream.New(nc)
	must(t, err)
	stream, err := js.Stream(t.Context(), "KV_keys")
	must(t, err)
	older := stream.CachedInfo().Config
	older.AllowAtomicPublish = false
	_, err = js.UpdateStream(t.Context(), older)
	must(t, err)
	b = bucket(t, l)
	keys, values := many("a", 40)
	created, err := b.CreateAll(t.Context(), keys, values)
	if err != nil || slices.Contains(created, false) {
		t.Errorf("%v (%v)", created, err)
	}
	if v, err := b.Get(t.Context(), "k"); err != nil || string(v) != "v" {
		t.Errorf("%q (%v)", v, err)
	}
}

// BenchmarkCreateAll sets one batch beside values that are created one by one, many at the same time.
func BenchmarkCreateAll(b *testing.B) {
	l := startNode(b).open(b)
	bucket, err := l.Bucket(b.Context(), "keys")
	if err != nil {
		b.Fatal(err)
	}
	const size = 500
	serial := 0
	measure := func(b *testing.B, create func(keys []string, values [][]byte) error) {
		b.Helper()
		before := serial
		for b.Loop() {
			keys, values := many(fmt.Sprint("k", serial), size)
			serial += size
			if err := create(keys, values); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(serial-before)/b.Elapsed().Seconds(), "values/s")
	}
	b.Run("batch", func(b *testing.B) {
		measure(b, func(keys []string, values [][]byte) error {
			_, err := bucket.CreateAll(b.Context(), keys, values)
			return err
		})
	})
	b.Run("singly", func(b *testing.B) {
		measure(b, func(keys []string, values [][]byte) error { return createSingly(b, bucket, keys, values) })
	})
}

func createSingly(b *testing.B, bucket *ledger.Bucket, keys []string, values [][]byte) error {
	b.Helper()
	errs := make(chan error, len(keys))
	slots := make(chan struct{}, 256)
	for i, key := range keys {
		slots <- struct{}{}
		go func() {
			errs <- bucket.Create(b.Context(), key, values[i])
			<-slots
		}()
	}
	for range keys {
		if err := <-errs; err != nil {
			return err
		}
	}
	return nil
}
