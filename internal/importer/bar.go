package importer

import (
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
)

// bar shows how much of the file is confirmed. Without a terminal it shows nothing.
type bar struct {
	bar *progressbar.ProgressBar
}

func newBar(w io.Writer, bytes int64) *bar {
	return &bar{progressbar.NewOptions64(bytes,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetVisibility(isTerminal(w)),
		progressbar.OptionSetDescription("import"),
		progressbar.OptionShowBytes(true),
		progressbar.OptionFullWidth(),
		progressbar.OptionClearOnFinish(),
	)}
}

// reach moves the bar to a place in the file, in bytes. A bar that cannot be drawn is no reason to stop.
func (b *bar) reach(offset int64) { _ = b.bar.Set64(min(offset, b.bar.GetMax64())) }

// end takes the bar off the screen.
func (b *bar) end() { _ = b.bar.Exit() }

// isTerminal tells whether someone may be looking at w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
