namespace MicroGpt.Cli;

/// <summary>What a person sees of a training run.</summary>
interface ITrainingReport
{
    /// <summary>Something about the data or the run that a person would want to know.</summary>
    void Notice(string sentence);

    void Step(TrainingStep step);

    void Validated(double loss);

    /// <summary>The run ends before its last step.</summary>
    void Stopped(string? sentence);

    /// <summary>The run is over and saved.</summary>
    /// <param name="path">Where.</param>
    /// <param name="validationLoss">On all documents set aside, if there are.</param>
    /// <param name="kept">What to say of the best model, if it was kept.</param>
    void Finished(string path, double? validationLoss, string? kept);

    void Sample(int number, string document);
}
