// Package natstest gives tests a cluster of three real NATS servers, each of which can be stopped and started again under
// the clients that are connected to it. It is imported by tests only.
package natstest

import (
	"context"
	"fmt"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"

	"milemarker/internal/embedded/natsd"
)

// Nodes is how many servers a cluster has: it goes on while two of them live.
const Nodes = 3

// token is what clients and nodes present.
const token = "test"

// Cluster is three servers that know each other by their addresses on the loopback. Every write is synced on each.
type Cluster struct {
	tb      testing.TB
	folders [Nodes]string
	clients [Nodes]int // port for clients, kept over restarts
	routes  [Nodes]int // port for the other nodes

	mu    sync.Mutex
	nodes [Nodes]*natsd.Server // nil while stopped
}

// Start starts a cluster, which ends with the test.
func Start(tb testing.TB) *Cluster {
	tb.Helper()
	c := &Cluster{tb: tb}
	ports := free(tb, 2*Nodes)
	copy(c.clients[:], ports[:Nodes])
	copy(c.routes[:], ports[Nodes:])
	for i := range Nodes {
		c.folders[i] = tb.TempDir()
		c.Restart(i)
	}
	tb.Cleanup(func() {
		for i := range Nodes {
			c.Stop(i)
		}
	})
	return c
}

// free returns ports of the loopback that were free a moment ago: nodes must know each other's before they start.
func free(tb testing.TB, n int) []int {
	tb.Helper()
	ports := make([]int, n)
	for i := range ports {
		var lc net.ListenConfig
		l, err := lc.Listen(tb.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			tb.Fatal(err)
		}
		defer func() { _ = l.Close() }() // all are held until all are known
		ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return ports
}

// Restart starts a node that was stopped, on the addresses that it had.
func (c *Cluster) Restart(node int) {
	c.tb.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	cfg := natsd.Config{
		StoreDir: c.folders[node], Port: c.clients[node], Token: token,
		Cluster: &natsd.Cluster{Name: "test", Node: fmt.Sprint("node-", node), Port: c.routes[node], Token: token},
	}
	for i, port := range c.routes {
		if i != node {
			cfg.Cluster.Routes = append(cfg.Cluster.Routes, fmt.Sprint("127.0.0.1:", port))
		}
	}
	server, err := natsd.Start(context.Background(), cfg)
	if err != nil {
		c.tb.Errorf("start node %d: %v", node, err)
		return
	}
	c.nodes[node] = server
}

// Stop stops a node.
func (c *Cluster) Stop(node int) {
	c.mu.Lock()
	server := c.nodes[node]
	c.nodes[node] = nil
	c.mu.Unlock()
	if server != nil {
		server.Stop()
	}
}

// Leader waits until a node leads the stream, and returns its number.
func (c *Cluster) Leader(stream string) int {
	c.tb.Helper()
	leader := -1
	c.Until(stream+" has a leader", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		leader = slices.IndexFunc(c.nodes[:], func(s *natsd.Server) bool { return s != nil && s.Leads(stream) })
		return leader >= 0
	})
	return leader
}

// Until polls a condition, and fails the test when it does not come true within a minute.
func (c *Cluster) Until(what string, is func() bool) {
	c.tb.Helper()
	ticks := time.NewTicker(20 * time.Millisecond)
	defer ticks.Stop()
	for limit := time.After(time.Minute); !is(); {
		select {
		case <-ticks.C:
		case <-limit:
			c.tb.Fatalf("not within a minute: %s", what)
		}
	}
}

// Options returns what a client needs to reach the cluster by whichever node lives. It tries the given one first.
func (c *Cluster) Options(first int) []nats.Option {
	var servers []string
	for i := range Nodes {
		servers = append(servers, fmt.Sprint("nats://127.0.0.1:", c.clients[(first+i)%Nodes]))
	}
	return []nats.Option{nats.Token(token), nats.DontRandomize(), func(o *nats.Options) error {
		o.Servers = servers
		return nil
	}}
}
