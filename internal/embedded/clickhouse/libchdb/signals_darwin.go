package libchdb

import "github.com/ebitengine/purego"

func (l *Library) bindSigaction() error {
	system, err := purego.Dlopen("/usr/lib/libSystem.B.dylib", purego.RTLD_NOW|purego.RTLD_GLOBAL)
	if err != nil {
		return err
	}
	symbol, err := purego.Dlsym(system, "sigaction")
	if err != nil {
		return err
	}
	purego.RegisterFunc(&l.sigaction, symbol)
	return nil
}
