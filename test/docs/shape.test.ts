import { expect, test } from 'vitest';
import { expectShown } from './shape.ts';

test.each([
  ['the same text', 'one\ntwo', 'one\ntwo\n'],
  ['… for a part of a line', 'took … ms', 'took 12 ms'],
  ['… for lines', 'first\n…\nlast', 'first\n2\n3\nlast'],
  ['… for no line', 'first\n…', 'first'],
  ['columns of another width', 'user  since', 'user         since'],
  ['JSON with … in a string', '{"id":"…","n":[1]}', '{"n":[1],"id":"x"}'],
  ['an array whose items are like the one that is shown', '[{"a":"…"}]', '[{"a":"1"},{"a":"2"}]'],
])('%s: no difference', (_what, shown, printed) => {
  expect(() => expectShown(printed, shown, 'place')).not.toThrow();
});

test.each([
  ['another text', 'one', 'two', 'it printed: two\n  and not: one'],
  ['a line less', 'one\ntwo', 'one', 'it did not print: two'],
  ['a line more', 'one', 'one\ntwo', 'it printed more: two'],
  ['a last line that is missing after …', '…\nlast', 'first\nsecond', 'it did not print: last'],
  ['nothing', '{"a":1}', '', 'it printed: \n  and not: {"a":1}'],
  ['a member more', '{"a":1}', '{"a":1,"b":2}', '{"a":1,"b":2}: expected'],
  ['a member less', '[{"a":1,"b":2}]', '[{"a":1}]', '[{"a":1}]: expected'],
  ['another value', '{"code":"a"}', '{"code":"b"}', '{"code":"b"}: expected'],
  ['another type', '{"n":1}', '{"n":"1"}', '{"n":"1"}: expected'],
  ['another type of items', '[[1]]', '[{"a":1}]', '[{"a":1}]: expected'],
  ['no items', '[{"a":1}]', '[]', '[]: expected'],
  ['items where none are shown', '[]', '[1]', '[1]: expected'],
])('%s: an error with the place and what was printed', (_what, shown, printed, difference) => {
  expect(() => expectShown(printed, shown, 'place')).toThrow(/^place\n/);
  expect(() => expectShown(printed, shown, 'place')).toThrow(difference);
});
