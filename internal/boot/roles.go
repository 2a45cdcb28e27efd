package boot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
)

// Role is one part of the program that runs until its context is done.
type Role struct {
	Name string
	// Run blocks until ctx is done, and returns nil then. It calls ready once it does its work.
	Run func(ctx context.Context, ready func()) error
}

// ErrEndedEarly is returned for a role that ends although nobody stopped it.
var ErrEndedEarly = errors.New("ended although nobody stopped it")

// RunRoles starts the roles in order, each when the one before is ready, then calls started. When ctx is done, or a role
// fails, it stops them in reverse order, each after the one behind has ended. It returns what went wrong.
func RunRoles(ctx context.Context, started func(), roles ...Role) error {
	type running struct {
		name string
		stop context.CancelFunc
		end  chan error
	}
	var up []running
	failed := make(chan error, len(roles))
	err := func() error {
		for _, role := range roles {
			roleCtx, stop := context.WithCancel(context.WithoutCancel(ctx))
			r := running{role.Name, stop, make(chan error, 1)}
			ready := make(chan struct{}, 1)
			go func() {
				err := role.Run(roleCtx, func() { ready <- struct{}{} })
				if err == nil && roleCtx.Err() == nil {
					err = ErrEndedEarly
				}
				if err != nil {
					err = fmt.Errorf("%s: %w", role.Name, err)
					failed <- err
				}
				r.end <- err
			}()
			up = append(up, r)
			select {
			case <-ready:
			case err := <-failed:
				return err
			case <-ctx.Done():
				return nil
			}
		}
		started()
		select {
		case err := <-failed:
			return err
		case <-ctx.Done():
			return nil
		}
	}()
	for _, r := range slices.Backward(up) {
		r.stop()
		if endErr := <-r.end; endErr != nil && !errors.Is(err, endErr) {
			err = errors.Join(err, endErr)
		}
	}
	return err
}

// Signals returns a context that is done at the first SIGINT or SIGTERM. A second one ends the process at once.
func Signals() (context.Context, context.CancelFunc) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // from now on signals act as usual
	return ctx, stop
}
