import { type AskAgain, type AskAgainTools, askTheSame } from '../../core/ask-again.ts';
import { automaticOf, byOwnFile } from './ssl/autossl-orders.ts';

/** How an order goes on by itself: those of the platform's own are proved by a new file each time. */
export function askAgain({ clock, random }: AskAgainTools): AskAgain {
  return (last) => {
    const same = askTheSame(last);
    if (automaticOf(last.request) === null) return same;
    return { ...same, chooseValidation: (domain) => byOwnFile({ clock, random }, domain) };
  };
}
