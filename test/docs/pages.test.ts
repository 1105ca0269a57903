import { PAGES, testPage } from './page.ts';

for (const page of PAGES) testPage(page, { slow: true });
