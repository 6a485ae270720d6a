// Rates of @bpmn-io/feelin: reads the cases as JSON, writes [{value, per_second}] as JSON.
import { evaluate, unaryTest } from '@bpmn-io/feelin';
import { readFileSync } from 'node:fs';

const { cases, seconds } = JSON.parse(readFileSync(0, 'utf8'));

const results = cases.map(({ expression, tests, variables }) => {
  const once = tests.length
    ? () => tests.map((test) => unaryTest(test, { ...variables, '?': variables.input }).value)
    : () => evaluate(expression, variables).value;
  try {
    const value = once();
    const warm = performance.now() + seconds * 300;
    while (performance.now() < warm) once();
    let count = 0;
    const start = performance.now();
    while (performance.now() - start < seconds * 1000) {
      once();
      count += 1;
    }
    return { value, per_second: (count * 1000) / (performance.now() - start) };
  } catch (error) {
    return { value: null, per_second: null, failure: String(error).slice(0, 200) };
  }
});
console.log(JSON.stringify(results));
