declare const dataUrl: string
export default dataUrl
