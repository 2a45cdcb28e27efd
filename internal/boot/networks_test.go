package boot

import (
	"fmt"
	"testing"
)

func TestNetworks(t *testing.T) {
	for text, want := range map[string]string{
		"": "[]", "10.1.2.3/16": "[10.1.0.0/16]", "127.0.0.1, fd00::/8": "[127.0.0.1/32 fd00::/8]",
	} {
		var n Networks
		if err := n.UnmarshalText([]byte(text)); err != nil || fmt.Sprint(n) != want {
			t.Errorf("%q: %v %v, want %s", text, n, err, want)
		}
	}
	for _, text := range []string{"localhost", "10.1.0.0/33", "10.1"} {
		var n Networks
		if n.UnmarshalText([]byte(text)) == nil {
			t.Errorf("%q is taken for %v", text, n)
		}
	}
}
