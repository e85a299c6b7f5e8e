// Command page looks at the debug page of a config with a real browser: that it is readable with
// and without scripts, that nothing which keys, values and errors hold is obeyed, even where the
// browser is not told to obey nothing, and how it looks.
//
//	go run ./ci/page -browser chromium -out FOLDER
//
// It then acts on a config through the page of Admin, as an operator does by typing and clicking,
// and as a page of another site tries to.
//
// It writes page.png; noscript.png, the same with scripts disabled; narrow.png, as a telephone
// shows it; and admin.png.
package main
