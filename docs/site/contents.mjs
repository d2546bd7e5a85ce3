// The contents of the site, in order: its guides, and the public names by topic.

/**
 * @typedef {{ text: string, link: string }} Entry a page of docs/, or a heading of one
 * @typedef {{ text: string, items: Entry[] }} Part
 */

/** The parts before the reference. @type {Part[]} */
export const guides = [
  {
    text: 'Start',
    items: [
      { text: 'Getting started', link: '/getting-started' },
      { text: 'Choosing r and d', link: '/choosing' },
      { text: 'Installing', link: '/install' },
    ],
  },
  {
    text: 'Tasks',
    items: [
      { text: 'Classification', link: '/tasks#classification' },
      { text: 'Detection', link: '/tasks#detection' },
      { text: 'Segmentation', link: '/tasks#segmentation' },
      {
        text: 'Video and volumes',
        link: '/recipes#video-volumes-and-other-batches-of-five-dimensions',
      },
    ],
  },
  {
    text: 'Data',
    items: [
      { text: 'Preprocessor', link: '/preprocessor' },
      { text: 'Loading data', link: '/loading' },
    ],
  },
  {
    text: 'With other tools',
    items: [
      { text: 'TensorFlow.js', link: '/recipes#tfjs' },
      { text: 'ONNX Runtime', link: '/recipes#onnxruntime' },
      { text: 'sharp', link: '/recipes#sharp' },
      { text: 'Canvas', link: '/recipes#canvas' },
      { text: 'Several processes and machines', link: '/recipes#several-processes' },
      { text: 'All recipes', link: '/recipes' },
    ],
  },
  {
    text: 'More than GridMask',
    items: [
      { text: 'GridMix', link: '/gridmix' },
      { text: 'Noise', link: '/noise' },
      { text: 'Baselines', link: '/baselines' },
    ],
  },
  { text: 'GPU', items: [{ text: 'CUDA', link: '/cuda' }] },
  { text: 'Speed', items: [{ text: 'On CPU and GPU', link: '/speed' }] },
  {
    text: 'Migrating',
    items: [
      { text: 'Argument by argument', link: '/migrating' },
      { text: 'What “ratio” means elsewhere', link: '/conventions' },
    ],
  },
  {
    text: 'Help',
    items: [
      { text: 'Troubleshooting and FAQ', link: '/troubleshooting' },
      { text: 'Errors and warnings', link: '/errors' },
      { text: 'Glossary', link: '/glossary' },
    ],
  },
]

/** The parts after it. @type {Part[]} */
export const background = [
  {
    text: 'Definition',
    items: [
      { text: 'Geometry', link: '/geometry-and-draws#the-mask' },
      { text: 'Draws', link: '/geometry-and-draws#the-draws' },
      { text: 'Noise', link: '/noise#words' },
    ],
  },
  {
    text: 'Internals',
    items: [
      { text: 'One call, file by file', link: '/internals' },
      { text: 'The CUDA kernels', link: '/kernel' },
      { text: 'Decisions', link: '/decisions' },
      { text: 'Testing', link: '/testing' },
      { text: 'Contributing', link: '/contributing' },
      { text: 'Changelog', link: '/changelog' },
    ],
  },
  {
    text: 'The paper',
    items: [
      { text: 'Section by section', link: '/paper' },
      { text: 'Figure 5, simulated', link: '/figure5' },
      { text: 'CIFAR-10, trained', link: '/cifar10' },
      { text: 'Fashion-MNIST, trained', link: '/examples/fashion-mnist' },
    ],
  },
]

/** Every name that the package exports, once. */
export const topics = {
  Masking: [
    'GridMask',
    'GridMaskOptions',
    'applyPlan',
    'ApplyRequest',
    'TensorApplyRequest',
    'ApplyPlanRequest',
    'TensorApplyPlanRequest',
    'Masked',
  ],
  Settings: [
    'presets',
    'linear',
    'constant',
    'LinearOptions',
    'Schedule',
    'Fill',
    'NoiseFill',
    'UniformNoise',
    'NormalNoise',
    'PerChannel',
  ],
  Plans: ['Plan', 'PlanRequest', 'DrawRequest', 'Sample', 'SampleParams'],
  'Looking at a mask': ['maskOf', 'keepRatio', 'visibleFraction', 'Box', 'ImageSize'],
  'Labels of pixels': ['ignoreDropped', 'IgnoreDroppedRequest', 'LabelArray'],
  GridMix: [
    'gridmix',
    'mixLabels',
    'GridMix',
    'GridMixRequest',
    'TensorGridMixRequest',
    'GridMixPlanRequest',
    'TensorGridMixPlanRequest',
    'PartnerRequest',
    'LabelRequest',
  ],
  Preprocessor: [
    'Preprocessor',
    'PreprocessorOptions',
    'normalization',
    'Normalization',
    'PreprocessRequest',
    'Preprocessed',
    'PreprocessedOn',
    'PreprocessorPlan',
    'PreprocessorPlanRequest',
    'PreprocessorParams',
    'PreprocessorSample',
    'Placement',
    'Point',
    'CropKind',
    'FloatType',
    'ImageSource',
    'ImageSources',
    'DecodedImage',
    'SharpOutput',
    'SourceArray',
  ],
  'Several processes': ['launcherRank', 'LauncherRank', 'shardIndices'],
  'Devices and CUDA': [
    'devices',
    'cudaStatus',
    'DeviceTensor',
    'DeviceTensorRequest',
    'DevicePointer',
    'DeviceId',
    'CudaDeviceId',
    'DeviceInfo',
    'CpuInfo',
    'CudaInfo',
    'CudaStatus',
    'CudaReason',
  ],
  'Converting settings': [
    'fromAlbumentations',
    'fromDali',
    'fromKerasCV',
    'GridDropoutArguments',
    'AlbumentationsGridMaskArguments',
    'DaliArguments',
    'KerasCVArguments',
  ],
  Errors: ['GridMaskError', 'ErrorCode'],
  Arrays: ['ImageArray', 'Float16ArrayLike', 'DType', 'Layout', 'Shape', 'ArrayRequest'],
  'gridmask/baselines': [
    'Cutout',
    'CutoutOptions',
    'RandomErasing',
    'RandomErasingOptions',
    'HideAndSeek',
    'HideAndSeekOptions',
    'BaselineOptions',
    'RegionApplyRequest',
    'RegionPlan',
    'RegionPlanRequest',
    'RegionParams',
    'RegionSample',
  ],
}
