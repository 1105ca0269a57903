import { expect, test } from 'vitest';
import { differenceOf } from './shape.ts';

test.each([
  ['the same text', 'one\ntwo', 'one\ntwo\n'],
  ['… for a part of a line', 'took … ms', 'took 12 ms'],
  ['… for lines', 'first\n…\nlast', 'first\n2\n3\nlast'],
  ['… for no line', 'first\n…', 'first'],
  ['columns of another width', 'user  since', 'user         since'],
  ['JSON with … in a string', '{"id":"…","n":[1]}', '{"n":[1],"id":"x"}'],
  ['an array whose items are like the one that is shown', '[{"a":"…"}]', '[{"a":"1"},{"a":"2"}]'],
  ['a line that is JSON', 'answer:\n{"a":"…"}', 'answer:\n{"a":"1"}'],
])('%s: no difference', (_what, shown, printed) => {
  expect(differenceOf(shown, printed)).toBeUndefined();
});

test.each([
  ['another text', 'one', 'two', 'it printed: two\n  and not: one'],
  ['a line less', 'one\ntwo', 'one', 'it did not print: two'],
  ['a line more', 'one', 'one\ntwo', 'it printed more: two'],
  ['a last line that is missing after …', '…\nlast', 'first\nsecond', 'it did not print: last'],
  ['nothing', '{"a":1}', '', 'it printed: \n  and not: {"a":1}'],
  ['a member more', '{"a":1}', '{"a":1,"b":2}', 'the value has a, b, not a'],
  ['a member less', '[{"a":1,"b":2}]', '[{"a":1}]', '/0 has a, not a, b'],
  ['another value', '{"code":"a"}', '{"code":"b"}', '/code is "b", not "a"'],
  ['another type', '{"n":1}', '{"n":"1"}', '/n is "1", not 1'],
  ['no items', '[{"a":1}]', '[]', 'the value is [], not [{"a":1}]'],
])('%s: a difference that says where', (_what, shown, printed, difference) => {
  expect(differenceOf(shown, printed)).toBe(difference);
});
