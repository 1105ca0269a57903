import { useSignal } from '@preact/signals';
import { explain } from './session.ts';

/**
 * The state of a form that sends a request to the service.
 * @param send is called with a function that reads an input by its name; what it throws is shown
 */
export function useForm(
  send: (read: (name: string) => string, form: HTMLFormElement) => Promise<void>,
) {
  const isBusy = useSignal(false);
  const errorMessage = useSignal('');

  async function submit(event: Event) {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement; // the form has the listener
    const values = new FormData(form);
    isBusy.value = true;
    errorMessage.value = '';
    try {
      await send((name) => String(values.get(name)), form);
    } catch (error) {
      errorMessage.value = explain(error);
    } finally {
      isBusy.value = false;
    }
  }

  return { submit, isBusy, errorMessage };
}
