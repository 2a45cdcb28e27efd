package audit

import (
	"bufio"
	"crypto/sha256"
	"errors"
	"io"
	"os"

	"milemarker/events"
)

// The file of leaves has one record for every position from 1 on: the log's number and the content's hash.
const (
	leavesFile = "leaves"
	recordSize = 1 + sha256.Size
)

func (l leaf) record() []byte { return append([]byte{l.log}, l.content[:]...) }

// readLeaf returns the leaf at a position, or io.EOF.
func readLeaf(file io.ReaderAt, position events.Position) (leaf, error) {
	var b [recordSize]byte
	if _, err := file.ReadAt(b[:], int64(position-1)*recordSize); err != nil {
		return leaf{}, err
	}
	return leaf{position, b[0], [sha256.Size]byte(b[1:])}, nil
}

// readForest reckons the logs up to a position. It stops early where the file ends or holds what is no leaf.
func readForest(file *os.File, upTo events.Position) (*forest, error) {
	f := &forest{}
	in := bufio.NewReaderSize(io.NewSectionReader(file, 0, int64(upTo)*recordSize), 1<<20)
	var b [recordSize]byte
	for f.position < upTo {
		if _, err := io.ReadFull(in, b[:]); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if b[0] >= logs && b[0] != nothing {
			break
		}
		if err := f.add(leaf{f.position + 1, b[0], [sha256.Size]byte(b[1:])}); err != nil {
			return nil, err
		}
	}
	return f, nil
}
