package rpc

import (
	"encoding/binary"
	"io"
)

// prefix is the size of what precedes each message: a flag for compression and the length.
const prefix = 5

func framePrefix(length int) []byte {
	return binary.BigEndian.AppendUint32([]byte{0}, uint32(length)) //nolint:gosec // Conn rejects what is longer than its limit
}

func frame(message []byte) []byte { return append(framePrefix(len(message)), message...) }

// parts reads parts as one text. It fills the buffer of the caller, since net/http sends the result
// of each read separately.
type parts struct{ rest [][]byte }

func (p *parts) Read(b []byte) (n int, err error) {
	for n < len(b) && len(p.rest) > 0 {
		k := copy(b[n:], p.rest[0])
		n += k
		if p.rest[0] = p.rest[0][k:]; len(p.rest[0]) == 0 {
			p.rest = p.rest[1:]
		}
	}
	if len(p.rest) == 0 {
		err = io.EOF
	}
	return n, err
}

// ahead is the maximum memory that is allocated because of a length in a prefix. More follows as
// data arrives, so that a prefix alone costs no memory.
const ahead = 1 << 20

// readFrame reads a message of at most limit bytes. It returns [io.EOF] after the last message; its
// other errors are codes and those of the reader.
func readFrame(r io.Reader, limit int) ([]byte, error) { return readFrameIf(r, limit, nil) }

// readFrameIf calls admit, if it is set, before it reads a message of more than ahead bytes.
func readFrameIf(r io.Reader, limit int, admit func() error) ([]byte, error) {
	var head [prefix]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if head[0] != 0 {
		return nil, Internal // compressed, which was not offered
	}
	n := int64(binary.BigEndian.Uint32(head[1:]))
	if n > int64(limit) {
		return nil, ResourceExhausted
	}
	if n <= ahead {
		b := make([]byte, n)
		_, err := io.ReadFull(r, b)
		return b, cut(err)
	}
	if admit != nil {
		if err := admit(); err != nil {
			return nil, err
		}
	}
	b := make([]byte, 0, ahead)
	for {
		got, err := io.ReadFull(r, b[len(b):cap(b)])
		if b = b[:len(b)+got]; err != nil {
			return nil, cut(err)
		}
		if len(b) == int(n) {
			return b, nil
		}
		b = append(make([]byte, 0, min(2*cap(b), int(n))), b...) // but not more than the message
	}
}

// cut returns the error for an end within a message.
func cut(err error) error {
	if err == io.EOF { //nolint:errorlint // as io.ReadFull and io.CopyN return it
		return io.ErrUnexpectedEOF
	}
	return err
}
