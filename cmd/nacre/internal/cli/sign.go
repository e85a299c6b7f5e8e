package cli

import (
	"cmp"
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/nacre-go/nacre/cmd/nacre/internal/exit"
	"github.com/nacre-go/nacre/cmd/nacre/internal/release"
	"github.com/nacre-go/nacre/source"
)

func newKeygen(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "keygen FILE",
		Short: "Make a key that signs manifests",
		Long: `Make an Ed25519 key that signs manifests. FILE gets the private key, which only its owner may read,
and FILE.pub the public key, which the services get. Neither file may exist. Both are in PEM, as
openssl writes them.`,
		Example: `  nacre keygen release.key`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			private, public, err := release.NewKey()
			if err != nil {
				return err
			}
			if err := writeNew(args[0], private, 0o600); err != nil {
				return err
			}
			if err := writeNew(args[0]+".pub", public, 0o644); err != nil {
				return errors.Join(err, os.Remove(args[0]))
			}
			a.note("wrote %s and %s.pub", args[0], args[0])
			return nil
		},
	}
}

// writeNew writes a file that must not exist.
func writeNew(path string, text []byte, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if err == nil {
		_, err = f.Write(text)
		if err == nil {
			err = f.Sync()
		}
		if closed := f.Close(); err == nil {
			err = closed
		}
		if err != nil { // a part of a key is of no use, and would be in the way of the next attempt
			err = errors.Join(err, os.Remove(path))
		}
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return exit.With(exit.Usage, err, "name another file; a key is never replaced")
	case err != nil:
		return exit.With(exit.Local(err), err, "")
	}
	return nil
}

// named adds the name of the document to problems that have none.
func named(err error, document string) error {
	if all, ok := errors.AsType[source.Problems](err); ok {
		for _, p := range all {
			p.Position.Document = cmp.Or(p.Position.Document, document)
		}
	} else if p, ok := errors.AsType[*source.Problem](err); ok {
		p.Position.Document = cmp.Or(p.Position.Document, document)
	}
	return err
}

// maxManifestFile is the size of the largest manifest that is read.
const maxManifestFile = 1 << 20

func newSign(a *app) *cobra.Command {
	var f asCode
	cmd := &cobra.Command{
		Use:   "sign MANIFEST",
		Short: "Sign a manifest that was written by hand",
		Long: `Sign a manifest, and print it with its signature, which replaces the one that it has. MANIFEST is a
file, or - for stdin. nacre apply signs the manifest of a release by itself.`,
		Example: `  nacre sign release.yaml --key release.key > signed.yaml`,
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			key, err := f.signer()
			if err != nil {
				return err
			}
			if key == nil {
				return usage("no key is given; name its file with --key, or in NACRE_KEY_FILE")
			}
			in := a.env.In
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return exit.With(exit.Usage, err, "")
				}
				defer file.Close()
				in = file
			}
			text, err := io.ReadAll(io.LimitReader(in, maxManifestFile+1))
			if err != nil {
				return exit.With(exit.Usage, err, "")
			}
			signed, err := release.SignManifest(text, key, a.env.Now())
			if err != nil {
				return named(err, args[0])
			}
			_, err = a.env.Out.Write(signed)
			return err
		},
	}
	f.addKey(cmd, a)
	return cmd
}
