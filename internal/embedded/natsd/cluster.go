package natsd

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"

	"github.com/nats-io/nats-server/v2/server"
)

// Cluster says which cluster a server is a node of. A stream with R copies outlives the loss of any (R-1)/2 nodes; a cluster
// has an odd number of them, 3 as a rule.
type Cluster struct {
	Name   string   // of the cluster, the same on every node; required
	Node   string   // name of this node, kept over restarts and no other's; required
	Host   string   // address on which other nodes reach this one, 127.0.0.1 when empty
	Port   int      // -1: any free port
	Token  string   // what every node must present to the others; required
	Routes []string // host:port of other nodes. One that lives is enough: nodes tell each other of the rest
}

// routeUser is the name under which nodes present their token.
const routeUser = "node"

// join puts the cluster into the server's options. No cluster changes nothing.
func (c *Cluster) join(opts *server.Options) error {
	if c == nil {
		return nil
	}
	if c.Name == "" || c.Node == "" || c.Token == "" {
		return errors.New("a node of a cluster needs the cluster's name, a name of its own and a token")
	}
	opts.ServerName = c.Node
	opts.Cluster = server.ClusterOpts{
		Name: c.Name, Host: cmp.Or(c.Host, "127.0.0.1"), Port: c.Port, Username: routeUser, Password: c.Token,
	}
	for _, address := range c.Routes {
		if _, _, err := net.SplitHostPort(address); err != nil {
			return fmt.Errorf("route: %w", err)
		}
		opts.Routes = append(opts.Routes, &url.URL{Scheme: "nats-route", User: url.UserPassword(routeUser, c.Token), Host: address})
	}
	return nil
}

// ClusterAddress returns host:port on which other nodes reach this one, "" when it stands alone.
func (s *Server) ClusterAddress() string {
	if address := s.nats.ClusterAddr(); address != nil {
		return address.String()
	}
	return ""
}

// Leads tells whether this node leads the copies of a stream: all its writes go through the leader.
func (s *Server) Leads(stream string) bool {
	return s.nats.JetStreamIsStreamLeader(server.DEFAULT_GLOBAL_ACCOUNT, stream)
}
