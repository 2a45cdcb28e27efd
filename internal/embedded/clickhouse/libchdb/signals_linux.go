package libchdb

import "github.com/ebitengine/purego"

func (l *Library) bindSigaction() error {
	symbol, err := purego.Dlsym(purego.RTLD_DEFAULT, "sigaction")
	if err != nil {
		return err
	}
	purego.RegisterFunc(&l.sigaction, symbol)
	return nil
}
