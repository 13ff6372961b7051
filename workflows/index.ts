export { evaluateVariants } from './evaluate-variants.js'
export { fineTuneExtraction } from './fine-tune-extraction.js'
export { reconcileInstances } from './reconcile-instances.js'
export { trainOnSpot } from './train-on-spot.js'
