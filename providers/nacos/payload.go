package nacos

import (
	"errors"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// The envelope of every message, with the field numbers of Nacos
// (api/proto/nacos_grpc_service.proto of its SDKs). Four messages do not justify the packages that
// generated code needs.
const (
	fieldMetadata  protowire.Number = 2 // of Payload
	fieldBody      protowire.Number = 3 // of Payload; a google.protobuf.Any
	fieldType      protowire.Number = 3 // of Metadata
	fieldHeaders   protowire.Number = 7 // of Metadata; map<string, string>
	fieldClientIP  protowire.Number = 8 // of Metadata
	fieldAnyValue  protowire.Number = 2 // of Any
	fieldMapKey    protowire.Number = 1 // of an entry of a map
	fieldMapValue  protowire.Number = 2
	envelopeBeyond                  = 64 // approximate bytes of tags and lengths
)

var errEnvelope = errors.New("the envelope does not follow the protocol")

func appendText(b []byte, field protowire.Number, text string) []byte {
	if text == "" {
		return b // as proto3 does
	}
	return protowire.AppendString(protowire.AppendTag(b, field, protowire.BytesType), text)
}

func appendBytes(b []byte, field protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, field, protowire.BytesType), v)
}

// encodePayload returns the envelope up to the body, which follows head without a copy.
func encodePayload(m message) (head []byte) {
	meta := appendText(nil, fieldType, m.Type)
	for k, v := range m.Headers {
		meta = appendBytes(meta, fieldHeaders, appendText(appendText(nil, fieldMapKey, k), fieldMapValue, v))
	}
	meta = appendText(meta, fieldClientIP, m.ClientIP)

	b := appendBytes(make([]byte, 0, len(meta)+envelopeBeyond), fieldMetadata, meta)
	b = protowire.AppendTag(b, fieldBody, protowire.BytesType)
	if len(m.Body) == 0 {
		return protowire.AppendVarint(b, 0)
	}
	inner := protowire.SizeTag(fieldAnyValue) + protowire.SizeBytes(len(m.Body))
	b = protowire.AppendVarint(b, uint64(inner)) //nolint:gosec // a length
	b = protowire.AppendTag(b, fieldAnyValue, protowire.BytesType)
	return protowire.AppendVarint(b, uint64(len(m.Body)))
}

// decodePayload reads an envelope. Any part may be missing, it ignores unknown fields, and of
// repeated fields the last counts. The body is a part of b.
func decodePayload(b []byte) (message, error) {
	var m message
	err := eachField(b, func(field protowire.Number, v []byte) error {
		switch field {
		case fieldMetadata:
			return m.metadata(v)
		case fieldBody:
			return eachField(v, func(field protowire.Number, v []byte) error {
				if field == fieldAnyValue {
					m.Body = v
				}
				return nil
			})
		}
		return nil
	})
	return m, err
}

func (m *message) metadata(b []byte) error {
	return eachField(b, func(field protowire.Number, v []byte) error {
		switch field {
		case fieldType:
			return text(&m.Type, v)
		case fieldClientIP:
			return text(&m.ClientIP, v)
		case fieldHeaders:
			return m.header(v)
		}
		return nil
	})
}

func (m *message) header(b []byte) error {
	var key, value string
	err := eachField(b, func(field protowire.Number, v []byte) error {
		switch field {
		case fieldMapKey:
			return text(&key, v)
		case fieldMapValue:
			return text(&value, v)
		}
		return nil
	})
	if m.Headers == nil {
		m.Headers = make(map[string]string)
	}
	m.Headers[key] = value
	return err
}

func text(to *string, v []byte) error {
	if !utf8.Valid(v) {
		return errEnvelope
	}
	*to = string(v)
	return nil
}

// eachField calls do for each field whose value is bytes; the envelope has no others.
func eachField(b []byte, do func(protowire.Number, []byte) error) error {
	for len(b) > 0 {
		field, kind, n := protowire.ConsumeTag(b)
		if n < 0 {
			return errEnvelope
		}
		b = b[n:]
		if n = protowire.ConsumeFieldValue(field, kind, b); n < 0 {
			return errEnvelope
		}
		if kind == protowire.BytesType {
			v, _ := protowire.ConsumeBytes(b)
			if err := do(field, v); err != nil {
				return err
			}
		}
		b = b[n:]
	}
	return nil
}
